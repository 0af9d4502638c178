"""--max-model-memory: what does not fit is refused, and nothing else suffers."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.factor_models import index_of
from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

FLAGS = ("--model-control-mode=explicit", "--model-probe=false")
SIDE = 2048  # 16 MiB of weights
ROW = {"x": torch.ones(1, SIDE).numpy()}


class Heavy(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(factor * torch.eye(SIDE))

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.weight


def add_heavy(repository: Path, model: str, version: int) -> None:
    folder = repository / model / str(version)
    folder.mkdir(parents=True)
    module = torch.jit.script(Heavy(float(version)).eval())
    module.save(folder / "model.pt")


def ask(client: InferenceServerClient, model: str) -> tuple[str, float]:
    result = client.infer(model, infer_inputs(ROW))
    response = result.get_response()
    values = result.as_numpy(response.outputs[0].name)
    return response.model_version, float(values.mean())


def refusal(client: InferenceServerClient, model: str) -> str:
    with pytest.raises(InferenceServerException) as caught:
        client.load_model(model)
    assert caught.value.status() == "StatusCode.RESOURCE_EXHAUSTED"
    return str(caught.value.message())


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    add_heavy(tmp_path, "heavy", 1)
    return tmp_path


@pytest.fixture(scope="module")
def need(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> int:
    """MiB that a load of such a model needs, as the server tells it."""
    folder = tmp_path_factory.mktemp("need")
    add_heavy(folder, "heavy", 1)
    flags = (*FLAGS, "--max-model-memory=1MB")
    with (
        ServerProcess([folder], *flags, binary=binary) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        message = refusal(client, "heavy")
        assert client.is_server_ready()
        assert index_of(client, "heavy")["1"][0] == "UNAVAILABLE"
    told = re.search(r"needs (\d+) MiB of memory, but of the 1 MiB", message)
    assert told is not None, message
    assert "--max-model-memory" in message
    return int(told.group(1))


@pytest.fixture
def client(
    binary: Path, repository: Path, need: int
) -> Iterator[InferenceServerClient]:
    """A server with room for one such model, not for two."""
    flags = (*FLAGS, f"--max-model-memory={need + 4}MB")
    with (
        ServerProcess([repository], *flags, binary=binary) as server,
        InferenceServerClient(server.grpc_address) as made,
    ):
        made.load_model("heavy")
        yield made


def test_it_is_more_than_the_weights(need: int) -> None:
    assert need > 16


def test_the_old_version_serves_when_both_do_not_fit(
    client: InferenceServerClient, repository: Path, need: int
) -> None:
    add_heavy(repository, "heavy", 2)
    message = refusal(client, "heavy")
    assert f"of the {need + 4} MiB for models" in message
    assert "sconce.reload_policy" in message
    assert ask(client, "heavy") == ("1", 1.0)
    index = index_of(client, "heavy")
    assert index["1"] == ("READY", "")
    assert index["2"][0] == "UNAVAILABLE"
    assert "MiB" in index["2"][1]


def test_the_old_version_makes_room(
    client: InferenceServerClient, repository: Path
) -> None:
    add_heavy(repository, "heavy", 2)
    (repository / "heavy/config.pbtxt").write_text(
        'parameters { key: "sconce.reload_policy" '
        'value { string_value: "resources" } }'
    )
    client.load_model("heavy")
    assert ask(client, "heavy") == ("2", 2.0)
    assert set(index_of(client, "heavy")) == {"2"}


def test_what_was_unloaded_takes_none(
    client: InferenceServerClient, repository: Path
) -> None:
    add_heavy(repository, "other", 3)
    refusal(client, "other")
    client.unload_model("heavy")
    eventually(
        lambda: "1" not in index_of(client, "heavy"), "the model to be gone"
    )
    client.load_model("other")
    assert ask(client, "other") == ("3", 3.0)


def test_poll_mode_loads_what_did_not_fit_when_there_is_room(
    binary: Path, repository: Path, need: int
) -> None:
    add_heavy(repository, "other", 3)
    flags = (
        "--model-control-mode=poll",
        "--model-probe=false",
        f"--max-model-memory={need + 4}MB",
    )
    with (
        ServerProcess(
            [repository], *flags, binary=binary, wait_until_ready=False
        ) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        models = {"heavy": ("1", 1.0), "other": ("3", 3.0)}

        def states() -> dict[str, str]:
            (heavy,) = index_of(client, "heavy").values()
            (other,) = index_of(client, "other").values()
            return {heavy[0]: "heavy", other[0]: "other"}

        eventually(
            lambda: set(states()) == {"READY", "UNAVAILABLE"},
            "one model to load, the other to be refused",
        )
        left_out = states()["UNAVAILABLE"]
        shutil.rmtree(repository / states()["READY"])
        eventually(
            lambda: client.is_model_ready(left_out), "the other model to load"
        )
        assert ask(client, left_out) == models[left_out]
