"""A reload costs no request and no answer: open-loop load through all of it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Thread

import grpc
import numpy as np
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import (
    InferenceServerClient,
    service_pb2,
    service_pb2_grpc,
)

from sconce_support.factor_models import (
    INPUT,
    add_version,
    ask,
    index_of,
    replace_archive,
)
from sconce_support.inference import raw_request
from sconce_support.open_loop import OpenLoop
from sconce_support.server_process import ServerProcess

MODEL = "times"
RELOADS = 30
PER_SECOND = 100.0
ANSWERS = 3  # of each version, at least
FLAGS = (
    "--model-control-mode=explicit",
    "--model-probe=false",
    f"--load-model={MODEL}",
    "--max-connection-age=1s",
)

Response = service_pb2.ModelInferResponse
SERVING = health_pb2.HealthCheckResponse.SERVING


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    add_version(tmp_path, MODEL, 1)
    return tmp_path


@pytest.fixture
def server(repository: Path, binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess([repository], *FLAGS, binary=binary) as process:
        yield process


def factor_of(response: Response) -> float:
    values = np.frombuffer(response.raw_output_contents[0], np.float32)
    return float((values / INPUT.ravel()).mean())


def is_of_its_version(response: Response) -> bool:
    return factor_of(response) == float(response.model_version)


class HealthLog:
    """Every health state of the server since this was made."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address)
        self._updates = health_pb2_grpc.HealthStub(self._channel).Watch(
            health_pb2.HealthCheckRequest(), timeout=300
        )
        self.states = [next(self._updates).status]
        self._thread = Thread(target=self._read)
        self._thread.start()

    def close(self) -> list[int]:
        self._updates.cancel()
        self._thread.join()
        self._channel.close()
        return self.states

    def _read(self) -> None:
        try:
            self.states += (update.status for update in self._updates)
        except grpc.RpcError:
            pass  # cancelled


@asynccontextmanager
async def load_on(
    server: ServerProcess, check: Callable[[Response], bool]
) -> AsyncIterator[tuple[OpenLoop, grpc.aio.UnaryUnaryMultiCallable]]:
    """Requests run inside, none may fail, and the server stays ready."""
    health = HealthLog(server.grpc_address)
    request = raw_request(MODEL, {"x": INPUT})
    loop = OpenLoop([server.grpc_address], "{}", request, PER_SECOND, check)
    async with (
        grpc.aio.insecure_channel(server.grpc_address) as channel,
        loop,
    ):
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        yield loop, stub.RepositoryModelLoad
    assert loop.failures == []
    assert health.close() == [SERVING]


def load_request() -> service_pb2.RepositoryModelLoadRequest:
    return service_pb2.RepositoryModelLoadRequest(model_name=MODEL)


async def test_new_versions(server: ServerProcess, repository: Path) -> None:
    async with load_on(server, is_of_its_version) as (loop, load):
        await loop.wait_answers("1", ANSWERS)
        for version in range(2, RELOADS + 2):
            add_version(repository, MODEL, version)
            await load(load_request(), timeout=60)
            await loop.wait_answers(str(version), ANSWERS)
    assert set(loop.answers) == {str(v) for v in range(1, RELOADS + 2)}


async def test_other_content_of_a_version(
    server: ServerProcess, repository: Path
) -> None:
    seen: list[float] = []

    def check(response: Response) -> bool:
        seen.append(factor_of(response))
        return response.model_version == "1"

    archive = repository / MODEL / "1/model.pt"
    async with load_on(server, check) as (loop, load):
        await loop.wait_answers("1", ANSWERS)
        for factor in range(2, RELOADS + 2):
            replace_archive(archive, float(factor))
            await load(load_request(), timeout=60)
            await loop.wait_answers("1", ANSWERS)
    # Never back to older content, but for answers that overtook others.
    steps = np.diff(np.asarray(seen))
    assert set(steps) <= {-1.0, 0.0, 1.0}
    assert set(seen) == {float(factor) for factor in range(1, RELOADS + 2)}


async def test_reloads_that_fail(
    server: ServerProcess, repository: Path
) -> None:
    async with load_on(server, is_of_its_version) as (loop, load):
        for version in range(2, 7):
            archive = add_version(repository, MODEL, version)
            archive.write_bytes(archive.read_bytes()[:-500])
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await load(load_request(), timeout=60)
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
            await loop.wait_answers("1", ANSWERS)
    assert set(loop.answers) == {"1"}
    with InferenceServerClient(server.grpc_address) as client:
        index = index_of(client, MODEL)
        assert index["1"] == ("READY", "")
        assert index["6"][0] == "UNAVAILABLE"
        # What is repaired is served.
        replace_archive(repository / MODEL / "6/model.pt", 6.0)
        client.load_model(MODEL)
        assert ask(client, MODEL) == ("6", 6.0)
        assert set(index_of(client, MODEL)) == {"6"}
