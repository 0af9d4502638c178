"""A model whose single operator does not return in time takes no lane."""

import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np
import pytest
import torch
from grpc_health.v1 import health_pb2, health_pb2_grpc
from numpy.typing import NDArray
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.admin import Scrape
from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

Response = health_pb2.HealthCheckResponse

# Of the operator, when the machine has nothing else to do: long beside the
# limit, the grace and the watchdog's period, which are four seconds together.
STUCK_SECONDS = 20.0
SAMPLE = 50_000_000
# For a machine that has other things to do.
PATIENCE = 20 * STUCK_SECONDS


class LongOperator(nn.Module):
    """One operator, in no memory: a norm over `n` times the same number."""

    def forward(self, n: int) -> Tensor:
        return torch.linalg.vector_norm(torch.ones(1).expand(n), 3.5)


class Double(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


@pytest.fixture
def server(binary: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    for name, module in {"long": LongOperator(), "double": Double()}.items():
        torch.jit.script(module.eval()).save(tmp_path / f"{name}.pt")
    flags = ("--max-execution-time", "1s", "--lanes", "1")
    with ServerProcess(
        [tmp_path], *flags, "--drain-timeout", "1s", binary=binary
    ) as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


class HealthWatch:
    """Follows the health of one name."""

    def __init__(self, channel: grpc.Channel, name: str) -> None:
        self._updates = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=name), timeout=2 * PATIENCE
        )

    def wait_for(self, status: int) -> None:
        for update in self._updates:
            if update.status == status:
                return
        raise AssertionError("the watch ended")


def call(client: InferenceServerClient, model: str, **arrays: NDArray) -> float:
    result = client.infer(
        model, infer_inputs(arrays), client_timeout=PATIENCE
    )
    return float(next(iter(result_arrays(result).values())).item())


def count(n: int) -> NDArray:
    return np.array([n], dtype=np.int64)


def refusal(
    client: InferenceServerClient, model: str, **arrays: NDArray
) -> tuple[str, str]:
    """Code and message of a call that fails."""
    with pytest.raises(InferenceServerException) as caught:
        call(client, model, **arrays)
    return str(caught.value.status()), str(caught.value.message())


def processor_seconds(server: ServerProcess) -> float:
    """What the server has used so far, in steps of 10 ms."""
    stat = Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2]
    user, system = stat.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def elements_for(
    server: ServerProcess, client: InferenceServerClient, seconds: float
) -> int:
    """How many elements keep the operator busy for at least so long: by the
    processor's time, which others that use the machine do not lengthen."""
    begin = processor_seconds(server)
    call(client, "long", n=count(SAMPLE))
    took = processor_seconds(server) - begin
    return int(SAMPLE * seconds / took)


def stuck_lanes(server: ServerProcess) -> float:
    return Scrape(server.http_address).value("sconce_stuck_lanes")


def index_entry(client: InferenceServerClient, model: str) -> tuple[str, str]:
    for entry in client.get_model_repository_index().models:
        if entry.name == model:
            return entry.state, entry.reason
    raise AssertionError(f"no {model} in the index")


def check_suspended(
    server: ServerProcess, client: InferenceServerClient
) -> None:
    """While the operator runs."""
    code, message = refusal(client, "long", n=count(1))
    assert code == "StatusCode.UNAVAILABLE"
    assert "an operator has not returned for" in message
    state, reason = index_entry(client, "long")
    assert state == "UNAVAILABLE"
    assert "an operator has not returned for" in reason
    assert not client.is_model_ready("long")
    assert not client.is_server_ready()
    assert stuck_lanes(server) == 1
    # On the fresh lane: there is no other.
    for value in range(20):
        assert call(client, "double", x=np.float32([value])) == 2 * value


def check_answer(stuck: "Future[tuple[str, str]]") -> None:
    code, message = stuck.result(PATIENCE)
    assert code == "StatusCode.DEADLINE_EXCEEDED"
    assert "model 'long': an operator has not returned for" in message
    assert "--max-execution-time allows (1s)" in message


def test_an_operator_that_does_not_return(
    server: ServerProcess, client: InferenceServerClient
) -> None:
    n = elements_for(server, client, STUCK_SECONDS)
    with (
        grpc.insecure_channel(server.grpc_address) as channel,
        InferenceServerClient(server.grpc_address) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        model = HealthWatch(channel, "long")
        model.wait_for(Response.SERVING)
        whole = HealthWatch(channel, "")
        whole.wait_for(Response.SERVING)

        stuck = pool.submit(refusal, other, "long", n=count(n))
        model.wait_for(Response.NOT_SERVING)
        check_answer(stuck)
        check_suspended(server, client)
        whole.wait_for(Response.NOT_SERVING)

        model.wait_for(Response.SERVING)
        whole.wait_for(Response.SERVING)
    assert call(client, "long", n=count(1)) == 1
    assert index_entry(client, "long") == ("READY", "")
    eventually(lambda: stuck_lanes(server) == 0, "the lane to leave")


def test_the_process_ends_though_an_operator_does_not(
    server: ServerProcess, client: InferenceServerClient
) -> None:
    n = elements_for(server, client, STUCK_SECONDS)
    with (
        grpc.insecure_channel(server.grpc_address) as channel,
        ThreadPoolExecutor(1) as pool,
    ):
        model = HealthWatch(channel, "long")
        stuck = pool.submit(refusal, client, "long", n=count(n))
        model.wait_for(Response.NOT_SERVING)
        check_answer(stuck)
        server.terminate()
    assert server.wait() == 0
    assert "work in flight is abandoned" in server.log.text()
