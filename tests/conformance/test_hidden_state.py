"""State where freezing does not see it: no client reads another one's."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess


class InAList(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.states = [torch.zeros(1, 2), torch.zeros(1, 2)]

    def forward(self, x: Tensor) -> Tensor:
        for state in self.states:
            state.add_(x)
        return self.states[0] + 0


class InATuple(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pair = (torch.zeros(1, 2), torch.zeros(1, 2))

    def forward(self, x: Tensor) -> Tensor:
        first, _ = self.pair
        first.add_(x)
        return first + 0


class RunningMean(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(2))
        self.register_buffer("var", torch.ones(2))

    def forward(self, x: Tensor) -> Tensor:
        torch.batch_norm(
            torch.cat([x, x]), None, None, self.mean, self.var, True, 0.5,
            1e-5, False,
        )
        return self.mean + torch.zeros(1, 2)


class Forked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("total", torch.zeros(1, 2))

    @torch.jit.export
    def add(self, x: Tensor) -> Tensor:
        self.total.add_(x)
        return self.total + 0

    def forward(self, x: Tensor) -> Tensor:
        return torch.jit.wait(torch.jit.fork(self.add, x))


@torch.jit.script
class Counter:
    def __init__(self) -> None:
        self.total = torch.zeros(1, 2)

    def add(self, x: Tensor) -> Tensor:
        self.total = self.total + x
        return self.total


class InAnObject(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.counter = Counter()

    def forward(self, x: Tensor) -> Tensor:
        return self.counter.add(x)


STATEFUL = {
    "list": InAList,
    "tuple": InATuple,
    "running_mean": RunningMean,
    "fork": Forked,
    "object": InAnObject,
}


@pytest.fixture(scope="module")
def client(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InferenceServerClient]:
    folder = tmp_path_factory.mktemp("hidden")
    for name, make in STATEFUL.items():
        torch.jit.script(make().eval()).save(folder / f"{name}.pt")
    attention = nn.MultiheadAttention(8, 2, batch_first=True).eval()
    torch.jit.script(attention).save(folder / "attention.pt")
    with (
        ServerProcess([folder], binary=binary) as process,
        InferenceServerClient(process.grpc_address) as made,
    ):
        yield made


def ask(
    client: InferenceServerClient, name: str, value: float, **sequence: int
) -> NDArray:
    x = np.full((1, 2), value, np.float32)
    result = client.infer(name, infer_inputs({"x": x}), **sequence)
    answer = result.as_numpy("output_0")
    assert answer is not None
    return answer


@pytest.mark.parametrize("name", STATEFUL)
def test_requests_do_not_see_each_other(
    client: InferenceServerClient, name: str
) -> None:
    module = torch.jit.script(STATEFUL[name]().eval())
    expected = module(torch.full((1, 2), 3.0)).numpy()
    for other in (5.0, 3.0, 3.0):
        answer = ask(client, name, other)
    np.testing.assert_allclose(answer, expected)


@pytest.mark.parametrize("name", STATEFUL)
def test_sequences_remember(client: InferenceServerClient, name: str) -> None:
    module = torch.jit.script(STATEFUL[name]().eval())
    for number, value in enumerate((1.0, 2.0, 4.0)):
        expected = module(torch.full((1, 2), value)).numpy()
        ask(client, name, 9.0)
        answer = ask(
            client, name, value, sequence_id=7, sequence_start=number == 0
        )
        np.testing.assert_allclose(answer, expected)


def test_attention_is_no_state(client: InferenceServerClient) -> None:
    """Freezing leaves its weights, though nobody writes to them."""
    parameters = client.get_model_config("attention").config.parameters
    assert parameters["sconce.batching_verdict"].string_value != (
        "off: the model changes itself"
    )
