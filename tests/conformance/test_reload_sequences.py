"""Live sequences when their model is reloaded: told, never mixed up."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.inference import infer_inputs
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess

MODEL = "adder"
FLAGS = ("--model-control-mode=explicit", "--model-probe=false")


class Adder(nn.Module):
    """Adds up what a sequence has sent, from its version times a hundred."""

    def __init__(self, version: int) -> None:
        super().__init__()
        self.total = torch.full((1,), 100.0 * version)

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x
        return self.total


def add_adder(repository: Path, version: int) -> None:
    draft = repository / f".{version}"
    draft.mkdir()
    module = torch.jit.script(Adder(version).eval())
    module.save(draft / "model.pt")
    (repository / MODEL).mkdir(exist_ok=True)
    draft.rename(repository / MODEL / str(version))


@pytest.fixture
def server(tmp_path: Path, binary: Path) -> Iterator[ServerProcess]:
    add_adder(tmp_path, 1)
    flags = (*FLAGS, f"--load-model={MODEL}")
    with ServerProcess([tmp_path], *flags, binary=binary) as started:
        yield started


@pytest.fixture
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.management_address) as made:
        yield made


def say(
    client: InferenceServerClient,
    sequence: int,
    version: str = "",
    values: int = 1,
    **place: bool,
) -> float:
    result = client.infer(
        MODEL,
        infer_inputs({"x": np.ones(values, np.float32)}),
        model_version=version,
        sequence_id=sequence,
        **place,
    )
    name = result.get_response().outputs[0].name
    return float(result.as_numpy(name)[0])


def test_a_sequence_stays_where_it_began(
    tmp_path: Path, binary: Path
) -> None:
    for version in (1, 2):
        add_adder(tmp_path, version)
    with (
        ServerProcess([tmp_path], *FLAGS, binary=binary) as server,
        Management(server.management_address) as management,
        InferenceServerClient(server.grpc_address) as client,
    ):
        management.LoadModel(name=MODEL, versions=[1])
        for sequence in range(1, 11):
            assert say(client, sequence, sequence_start=True) == 101.0
        # Requests that name no version go to 2 from here on.
        management.LoadModel(name=MODEL, versions=[2])
        assert say(client, 11, sequence_start=True) == 201.0
        shares = [{"version": 2, "weight": 1}, {"version": 1, "weight": 0}]
        management.SetTraffic(name=MODEL, shares=shares)
        for sequence in range(1, 11):
            assert say(client, sequence) == 102.0
            assert say(client, sequence, sequence_start=True) == 201.0
            assert say(client, sequence, sequence_end=True) == 202.0
            # The one in version 1 ended when its id began anew.
            with pytest.raises(InferenceServerException, match="has ended"):
                say(client, sequence)


def test_a_start_that_is_refused_ends_nothing(
    tmp_path: Path, binary: Path
) -> None:
    for version in (1, 2):
        add_adder(tmp_path, version)
    (tmp_path / MODEL / "config.pbtxt").write_text(
        'input { name: "x" data_type: TYPE_FP32 dims: [1] }')
    with (
        ServerProcess([tmp_path], *FLAGS, binary=binary) as server,
        Management(server.management_address) as management,
        InferenceServerClient(server.grpc_address) as client,
    ):
        management.LoadModel(name=MODEL, versions=[1])
        assert say(client, 9, sequence_start=True) == 101.0
        management.LoadModel(name=MODEL, versions=[2])
        with pytest.raises(InferenceServerException, match="shape"):
            say(client, 9, values=2, sequence_start=True)
        assert say(client, 9) == 102.0


def test_ids_of_different_routes_are_different_sequences(
    client: InferenceServerClient, management: Management
) -> None:
    management.SetAliases(name=MODEL, set={"stable": 1})
    for version in ("", "stable", "1"):
        assert say(client, 7, version, sequence_start=True) == 101.0
    assert say(client, 7, "stable") == 102.0
    assert say(client, 7, "stable", sequence_start=True) == 101.0
    assert say(client, 7, sequence_end=True) == 102.0
    assert say(client, 7, "1") == 102.0
    assert say(client, 7, "stable") == 102.0


def test_a_sequence_of_the_old_version_has_to_start_again(
    client: InferenceServerClient, tmp_path: Path
) -> None:
    assert say(client, 5, sequence_start=True) == 101.0
    assert say(client, 5) == 102.0
    add_adder(tmp_path, 2)
    client.load_model(MODEL)
    # Not 103, which is the old version's, and not 201 as if it were new.
    with pytest.raises(InferenceServerException) as caught:
        say(client, 5)
    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    assert "began before the model was reloaded" in caught.value.message()
    assert say(client, 5, sequence_start=True) == 201.0
    assert say(client, 5, sequence_end=True) == 202.0


def test_a_reload_that_fails_leaves_sequences_alone(
    client: InferenceServerClient, tmp_path: Path
) -> None:
    assert say(client, 6, sequence_start=True) == 101.0
    (tmp_path / MODEL / "2").mkdir()
    (tmp_path / MODEL / "2/model.pt").write_text("no model\n")
    with pytest.raises(InferenceServerException):
        client.load_model(MODEL)
    assert say(client, 6) == 102.0
