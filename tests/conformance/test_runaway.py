"""Models whose code runs away, crashes or names another device."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess

LIMIT = 0.3
INT64 = np.iinfo(np.int64)


class Runaway(nn.Module):
    """Counts down; from a negative number it never ends."""

    def forward(self, x: Tensor) -> Tensor:
        while bool((x != 0).any()):
            x = x - (x != 0).to(x.dtype)
        return x

    @torch.jit.export
    def forked(self, x: Tensor) -> Tensor:
        return torch.jit.wait(torch.jit.fork(self.forward, x))


class Division(nn.Module):
    def forward(self, a: int, b: int) -> int:
        return a % b

    @torch.jit.export
    def quotient(self, a: int, b: int) -> int:
        return a // b

    @torch.jit.export
    def towards_zero(self, a: Tensor, b: Tensor) -> Tensor:
        return torch.div(a, b, rounding_mode="trunc")


class OnCuda(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.zeros([2], device=torch.device("cuda:0"))


@pytest.fixture(scope="module")
def server(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """Two lanes, so that one runaway leaves a lane for the others."""
    folder = tmp_path_factory.mktemp("runaway")
    for name, module in {
        "runaway": Runaway(),
        "division": Division(),
        "on_cuda": OnCuda(),
    }.items():
        torch.jit.script(module.eval()).save(folder / f"{name}.pt")
    flags = ("--max-execution-time", f"{LIMIT}s", "--lanes", "2")
    with ServerProcess([folder], *flags, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


def call(
    client: InferenceServerClient,
    model: str,
    *,
    timeout: float | None = None,
    **arrays: NDArray,
) -> NDArray:
    result = client.infer(model, infer_inputs(arrays), client_timeout=timeout)
    return next(iter(result_arrays(result).values()))


def vector(*values: float) -> NDArray:
    return np.array(values, dtype=np.float32)


def integer(value: int) -> NDArray:
    return np.array([value], dtype=np.int64)


def refusal(
    client: InferenceServerClient, model: str, **arrays: NDArray
) -> tuple[str, str]:
    """Code and message of a call that fails."""
    with pytest.raises(InferenceServerException) as caught:
        call(client, model, **arrays)
    return str(caught.value.status()), str(caught.value.message())


@pytest.mark.parametrize("model", ["runaway", "runaway:forked"])
def test_an_endless_loop_is_interrupted(
    client: InferenceServerClient, model: str
) -> None:
    begin = time.monotonic()
    code, message = refusal(client, model, x=vector(-1))
    took = time.monotonic() - begin
    assert code == "StatusCode.DEADLINE_EXCEEDED"
    assert "model 'runaway'" in message
    assert "300ms" in message
    assert "--max-execution-time" in message
    # The rest is for a machine that has other things to do.
    assert LIMIT <= took < LIMIT + 3
    # The lane goes on.
    np.testing.assert_array_equal(call(client, model, x=vector(3)), vector(0))


def test_other_models_are_served_meanwhile(
    client: InferenceServerClient, server: ServerProcess
) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        InferenceServerClient(server.grpc_address) as other,
    ):
        runaway = pool.submit(refusal, other, "runaway", x=vector(-1))
        answers = 0
        while not runaway.done():
            assert call(client, "division", a=integer(7), b=integer(4)) == 3
            answers += 1
        assert runaway.result()[0] == "StatusCode.DEADLINE_EXCEEDED"
    assert answers > 3


def test_every_lane_survives_several_runaways(
    client: InferenceServerClient,
) -> None:
    with ThreadPoolExecutor(4) as pool:
        codes = [
            code
            for code, _ in pool.map(
                lambda _: refusal(client, "runaway", x=vector(-1)), range(4)
            )
        ]
    assert codes == ["StatusCode.DEADLINE_EXCEEDED"] * 4
    np.testing.assert_array_equal(
        call(client, "runaway", x=vector(2)), vector(0)
    )


def test_a_loop_ends_with_the_deadline_of_its_client(
    client: InferenceServerClient,
) -> None:
    begin = time.monotonic()
    with pytest.raises(InferenceServerException) as caught:
        call(client, "runaway", timeout=0.05, x=vector(-1))
    assert caught.value.status() == "StatusCode.DEADLINE_EXCEEDED"
    assert time.monotonic() - begin < LIMIT


@pytest.mark.parametrize(
    ("model", "a", "b", "reason"),
    [
        ("division", 5, 0, "integer division or modulo by zero: 5 by 0"),
        (
            "division:quotient",
            5,
            0,
            "integer division or modulo by zero: 5 by 0",
        ),
        ("division:quotient", INT64.min, -1, "integer overflow"),
        ("division:towards_zero", INT64.min, -1, "integer overflow"),
    ],
)
def test_a_division_without_a_result_is_refused(
    client: InferenceServerClient, model: str, a: int, b: int, reason: str
) -> None:
    code, message = refusal(client, model, a=integer(a), b=integer(b))
    assert code == "StatusCode.INVALID_ARGUMENT"
    assert reason in message
    assert "model 'division'" in message
    assert client.is_server_live()


def test_a_remainder_that_crashes_pytorch_is_computed(
    client: InferenceServerClient,
) -> None:
    answer = call(client, "division", a=integer(INT64.min), b=integer(-1))
    assert answer == [0]


def test_a_device_in_the_code_is_that_of_the_server(
    client: InferenceServerClient,
) -> None:
    np.testing.assert_array_equal(
        call(client, "on_cuda", x=vector(1, 2)), vector(1, 2)
    )
