"""A device that fails for good ends the server; a call that fails does not."""

import threading
from collections.abc import Callable
from pathlib import Path
from urllib.error import URLError

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.admin import get
from sconce_support.device_models import MODEL, check_times, write_times
from sconce_support.fake_devices import DeviceServer
from sconce_support.server_process import ServerProcess

CLIENTS = 4
END_SECONDS = 30
EXIT_CODE = 3

# The load takes some of these; clients ask until the others are used up.
CALLS = 3000

States = list[int]
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Thread(threading.Thread):
    """Calls `ask` until it raises one of `ends`, which is kept."""

    def __init__(self, ask: Callable[[], None], *ends: type[Exception]) -> None:
        super().__init__()
        self._ask, self._ends = ask, ends
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            while True:
                self._ask()
        except Exception as error:
            self.error = error

    def end(self) -> Exception:
        """What ended it; any other error is the test's."""
        self.join(END_SECONDS)
        assert self.error is not None, "it goes on"
        if not isinstance(self.error, self._ends):
            raise self.error
        return self.error


def health_of(channel: grpc.Channel, name: str) -> tuple[Thread, States]:
    """Follows the health of `name` until the server has gone."""
    request = health_pb2.HealthCheckRequest(service=name)
    watch = health_pb2_grpc.HealthStub(channel).Watch(request, timeout=120)
    states = [next(watch).status]
    return Thread(
        lambda: states.append(next(watch).status), grpc.RpcError
    ), states


def readiness_of(server: ServerProcess) -> tuple[Thread, States]:
    states: States = []
    return Thread(
        lambda: states.append(get(server.http_address, "/readyz")[0]),
        URLError,
        ConnectionError,
    ), states


def clients_of(server: ServerProcess) -> list[Thread]:
    """Each asks until there is an error; a wrong answer is another one."""

    def ask() -> None:
        with InferenceServerClient(server.grpc_address) as client:
            while True:
                check_times(client, rows=2)

    return [Thread(ask, InferenceServerException) for _ in range(CLIENTS)]


@pytest.mark.parametrize(
    ("fake", "device"),
    [
        (f"fail_after={CALLS}", "cuda:0"),
        (f"count=2,fail_after={CALLS},fail_device=1", "cuda:1"),
    ],
)
def test_a_failed_device_ends_the_server(
    device_binary: Path, tmp_path: Path, fake: str, device: str
) -> None:
    write_times(tmp_path)
    with DeviceServer(
        [tmp_path],
        "--model-probe=false",
        binary=device_binary,
        fake=f"{fake},run_us=1000",
    ) as server:
        with grpc.insecure_channel(server.grpc_address) as channel:
            names = ["", MODEL, "sconce.live"]
            watches = [health_of(channel, name) for name in names]
            ready = readiness_of(server)
            errors = [client.end() for client in clients_of(server)]
            assert server.wait(END_SECONDS) == EXIT_CODE
            for thread, states in (*watches, ready):
                thread.end()
    for _, states in watches:
        assert states == [SERVING, NOT_SERVING]
    # First ready, then not, and never again.
    assert ready[1] == sorted(ready[1])
    assert set(ready[1]) == {200, 503}
    told = [error for error in errors if error.status() == "StatusCode.INTERNAL"]
    assert told, errors
    for error in told:
        assert f"device '{device}' failed" in error.message()
    for error in errors:  # who asked after the end found nobody
        assert error in told or error.status() == "StatusCode.UNAVAILABLE"
    last = [e for e in server.log.events() if e["level"] == "error"]
    assert last[0]["message"] == "a device failed; the server ends"
    assert last[0]["exit_code"] == EXIT_CODE
    assert f"device '{device}' failed" in last[0]["reason"]


@pytest.mark.parametrize(
    "fake",
    # A load takes more calls than these.
    ["fail_after=12", "fail_after=25", "fail_after=40", "hang_run=1"],
)
def test_a_device_that_fails_at_load_ends_the_server(
    device_binary: Path, tmp_path: Path, fake: str
) -> None:
    write_times(tmp_path)
    with DeviceServer(
        [tmp_path],
        "--model-probe=false",
        "--max-execution-time=1s",
        binary=device_binary,
        fake=fake,
        wait_until_ready=False,
    ) as server:
        assert server.wait(END_SECONDS) == EXIT_CODE


# The load takes some of these.
HANGING_RUN = 200


def test_work_that_does_not_end_ends_the_server(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path)
    with DeviceServer(
        [tmp_path],
        "--model-probe=false",
        "--max-execution-time=1s",
        binary=device_binary,
        fake=f"hang_run={HANGING_RUN}",
    ) as server:
        errors = [client.end() for client in clients_of(server)]
        assert server.wait(END_SECONDS) == EXIT_CODE
        events = server.log.events()
    statuses = {error.status() for error in errors}
    assert statuses <= {
        "StatusCode.DEADLINE_EXCEEDED",  # given up
        "StatusCode.INTERNAL",  # on the device when that was
        "StatusCode.UNAVAILABLE",  # came later
    }
    assert "StatusCode.DEADLINE_EXCEEDED" in statuses
    for error in errors:
        if error.status() == "StatusCode.DEADLINE_EXCEEDED":
            assert "an operator has not returned" in error.message()
        if error.status() == "StatusCode.INTERNAL":
            assert "device 'cuda:0' failed" in error.message()
    (end,) = [e for e in events if e["message"].startswith("a device failed")]
    assert end["exit_code"] == EXIT_CODE
    assert "a run on it does not end" in end["reason"]


def test_one_copy_that_fails_is_one_request(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path)
    errors = []
    with DeviceServer(
        [tmp_path],
        "--model-probe=false",
        binary=device_binary,
        fake="fail_copy=100",
    ) as server, InferenceServerClient(server.grpc_address) as client:
        for seed in range(100):  # two copies each
            try:
                check_times(client, rows=1, seed=seed)
            except InferenceServerException as error:
                errors.append(error)
    (error,) = errors
    assert error.status() == "StatusCode.INTERNAL"
    assert "device 'cuda:0': the call failed" in error.message()
