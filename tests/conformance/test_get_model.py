"""GetModel of the management service: how a model was loaded and is served.

No client knows this service; it is called as grpcurl would, by reflection.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.factor_models import add_version, ask
from sconce_support.inference import infer_inputs
from sconce_support.management import Management
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

STEPS = [
    "recognize",
    "integrity",
    "operators",
    "probing",
    "loading",
    "optimizing",
    "replaying golden examples",
    "checking batches",
    "warming up",
]


class TwoMethods(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2

    @torch.jit.export
    def total(self, x: Tensor) -> Tensor:
        return x * x.sum().item()


class Weights(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(512, 1024)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x)


@pytest.fixture(scope="module")
def server(repository: MakeRepository, binary: Path) -> Iterator[ServerProcess]:
    folder = repository("simple")
    torch.jit.script(TwoMethods().eval()).save(folder / "two.pt")
    torch.jit.script(Weights().eval()).save(folder / "weights.pt")
    (folder / "text.pt").write_text("no model")
    flags = ("--strict-readiness=false",)
    with ServerProcess([folder], *flags, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.management_address) as made:
        yield made


def test_each_step_of_the_load_has_its_time(management: Management) -> None:
    model = management.GetModel(name="simple")
    assert (model.state, model.reason, model.version) == ("READY", "", 1)
    assert [step.name for step in model.load_steps] == STEPS
    seconds = [step.duration.ToTimedelta() for step in model.load_steps]
    assert all(took.total_seconds() >= 0 for took in seconds)


def test_each_method_says_whether_it_is_batched(
    management: Management,
) -> None:
    model = management.GetModel(name="two", version=1)
    assert {method.name: method.batching for method in model.methods} == {
        "forward": "waits for the first good requests",
        "total": "off: the code decides by values of tensors (aten::item), and "
        "what one row decides would hold for all",
    }


def test_a_failed_load_ends_with_the_step_that_failed(
    management: Management,
) -> None:
    model = management.GetModel(name="text")
    assert model.state == "UNAVAILABLE"
    assert "expected a TorchScript archive" in model.reason
    assert [step.name for step in model.load_steps] == ["recognize"]
    assert not model.methods


def test_unknown_models_are_not_found(management: Management) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        management.GetModel(name="simple", version=9)
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    assert caught.value.details() == (
        "model 'simple' version 9 is not found; RepositoryIndex lists the "
        "models of this server"
    )


def described(tensors: Any) -> list[tuple[str, str, list[int]]]:
    return [(t.name, t.datatype, list(t.shape)) for t in tensors]


def test_the_signature_is_that_of_the_metadata(
    server: ServerProcess, management: Management
) -> None:
    (method,) = management.GetModel(name="simple").methods
    with InferenceServerClient(server.grpc_address) as client:
        metadata = client.get_model_metadata("simple")
    assert described(method.inputs) == described(metadata.inputs)
    assert described(method.outputs) == described(metadata.outputs)
    assert method.inputs
    assert all(tensor.has_shape for tensor in method.inputs)


def test_activity_tells_memory_and_times(
    server: ServerProcess, management: Management
) -> None:
    before = management.GetModel(name="weights").activity
    weights = 4 * (512 * 1024 + 1024)
    assert weights <= before.memory_bytes <= 2 * weights
    assert (before.queued, before.sequences) == (0, 0)
    inputs = {"x": np.ones((1, 512), np.float32)}
    with InferenceServerClient(server.grpc_address) as client:
        for _ in range(50):
            client.infer("weights", infer_inputs(inputs))
    times = management.GetModel(name="weights").activity.execution_times
    by_rows = {t.rows: t.duration.ToTimedelta().total_seconds() for t in times}
    assert 0 < by_rows[1] < 10


def test_models_that_are_not_loaded(tmp_path: Path, binary: Path) -> None:
    for version in (1, 2, 10):
        add_version(tmp_path, "net", version)
    add_version(tmp_path, "asleep", 3)
    flags = ("--model-control-mode", "explicit")
    with (
        ServerProcess([tmp_path], *flags, binary=binary) as process,
        Management(process.management_address) as management,
        InferenceServerClient(process.grpc_address) as client,
    ):
        management.LoadModel(name="net", versions=[1, 2])
        management.SetAliases(name="net", set={"stable": 1})
        shares = [{"version": 1, "weight": 7}]
        management.SetTraffic(name="net", shares=shares)
        assert ask(client, "net") == ("1", 1.0)

        asleep, net = management.ListModels().models
        assert (asleep.name, net.name) == ("asleep", "net")
        off = ("UNAVAILABLE", "unloaded")
        states = {v.version: (v.state, v.reason) for v in net.versions}
        assert states == {1: ("READY", ""), 2: ("READY", ""), 10: off}
        assert dict(net.aliases) == {"stable": 1}

        model = management.GetModel(name="net")
        assert (model.version, model.state) == (2, "READY")
        assert dict(model.aliases) == {"stable": 1}
        assert [(s.version, s.weight) for s in model.traffic] == [(1, 7)]
        for name, version, highest in (("net", 10, 10), ("asleep", 0, 3)):
            model = management.GetModel(name=name, version=version)
            assert (model.version, model.state, model.reason) == (highest, *off)
            assert not model.methods
            assert not model.HasField("activity")
