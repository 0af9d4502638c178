"""grpc.health.v1: Check and Watch, for the server and for each model."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

Response = health_pb2.HealthCheckResponse
SECONDS = 30
# The process, whatever its models do.
LIVE = "sconce.live"


@pytest.fixture(scope="module")
def half_broken(repository: MakeRepository) -> Iterator[ServerProcess]:
    """A server that is ready although one of its two models is not."""
    folder = repository("simple")
    (folder / "broken.pt").write_bytes(b"this is no model")
    with ServerProcess([folder], "--strict-readiness=false") as process:
        yield process


def check(address: str, name: str) -> int:
    with grpc.insecure_channel(address) as channel:
        request = health_pb2.HealthCheckRequest(service=name)
        stub = health_pb2_grpc.HealthStub(channel)
        return stub.Check(request, timeout=SECONDS).status


@pytest.mark.parametrize(
    "name", ["", LIVE, "simple", "efficientnet_lite0"]
)
def test_check_what_serves(server: ServerProcess, name: str) -> None:
    assert check(server.grpc_address, name) == Response.SERVING


def test_check_an_unknown_name(server: ServerProcess) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        check(server.grpc_address, "nosuch")
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


def test_check_a_model_that_did_not_load(half_broken: ServerProcess) -> None:
    address = half_broken.grpc_address
    assert check(address, "broken") == Response.NOT_SERVING
    assert check(address, "simple") == Response.SERVING
    assert check(address, "") == Response.SERVING


def test_a_server_that_is_not_ready_is_alive(tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"this is no model")
    with ServerProcess([tmp_path], wait_until_ready=False) as process:
        assert check(process.grpc_address, "") == Response.NOT_SERVING
        assert check(process.grpc_address, LIVE) == Response.SERVING


def test_a_server_that_drains_is_alive(repository: MakeRepository) -> None:
    # A drain that waits for as long as this test holds its connection.
    flags = ("--max-connection-age=1h", "--drain-timeout=5m")
    with (
        ServerProcess([repository("simple")], *flags) as process,
        grpc.insecure_channel(process.grpc_address) as channel,
    ):
        stub = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        assert next(watch).status == Response.SERVING
        process.terminate()
        assert next(watch).status == Response.NOT_SERVING
        live = health_pb2.HealthCheckRequest(service=LIVE)
        answer = stub.Check(live, timeout=SECONDS)
        assert answer.status == Response.SERVING
        watch.cancel()
        channel.close()
        assert process.wait() == 0


def test_watch_an_unknown_name(channel: grpc.Channel) -> None:
    # Unlike Check, Watch keeps the stream: the name may become known.
    watch = health_pb2_grpc.HealthStub(channel).Watch(
        health_pb2.HealthCheckRequest(service="nosuch"), timeout=SECONDS
    )
    assert next(watch).status == Response.SERVICE_UNKNOWN
    watch.cancel()


@pytest.mark.parametrize("name", ["", "simple"])
def test_watch_sees_the_server_leave(
    repository: MakeRepository, name: str
) -> None:
    with (
        ServerProcess([repository("simple")]) as process,
        grpc.insecure_channel(process.grpc_address) as channel,
    ):
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=name), timeout=SECONDS
        )
        assert next(watch).status == Response.SERVING
        process.terminate()
        assert next(watch).status == Response.NOT_SERVING
        watch.cancel()
        channel.close()
        assert process.wait() == 0


def test_two_watchers_of_one_name(channel: grpc.Channel) -> None:
    stub = health_pb2_grpc.HealthStub(channel)
    request = health_pb2.HealthCheckRequest(service="simple")
    watches = [stub.Watch(request, timeout=SECONDS) for _ in range(2)]
    for watch in watches:
        assert next(watch).status == Response.SERVING
        watch.cancel()
