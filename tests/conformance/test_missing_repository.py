"""A model folder that is not there, or cannot be read, when the server starts.

The server waits for it: a volume that is mounted late, or not at all, is no
reason to start the process again and again.
"""

from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from tritonclient.grpc import InferenceServerClient

from sconce_support.admin import get, get_json
from sconce_support.model_cache import MakeRepository
from sconce_support.server_log import Event
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
SECONDS = 30
SOON = "--repository-poll-period=200ms"
MODES = {
    "none": (),
    "poll": ("--model-control-mode=poll",),
    "explicit": ("--model-control-mode=explicit", "--load-model=simple"),
}


def health(process: ServerProcess, service: str) -> int:
    with grpc.insecure_channel(process.grpc_address) as channel:
        request = health_pb2.HealthCheckRequest(service=service)
        stub = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(request, timeout=SECONDS)
        status = next(watch).status
        watch.cancel()
        return status


def waiting(folder: Path, *flags: str) -> ServerProcess:
    return ServerProcess([folder], SOON, *flags, wait_until_ready=False)


def wait_for_the_look(process: ServerProcess) -> Event:
    """The log's word of the folder that could not be read."""
    return process.log.wait_for(
        lambda e: "model repository cannot be read" in e["message"],
        "word of the folder",
        SECONDS,
    )


def repositories(process: ServerProcess) -> list[dict[str, object]]:
    return get_json(process.http_address, "/models")["repositories"]


def test_the_server_runs_but_is_not_ready(tmp_path: Path) -> None:
    missing = tmp_path / "nowhere"
    with waiting(missing, "--strict-readiness=false") as process:
        event = wait_for_the_look(process)
        assert get(process.http_address, "/readyz")[0] == 503
        assert get(process.http_address, "/livez")[0] == 200
        assert health(process, "") == NOT_SERVING
        assert health(process, "sconce.live") == SERVING
        assert repositories(process) == [
            {
                "number": 1,
                "state": "UNAVAILABLE",
                "reason": "No such file or directory",
            }
        ]
    assert event["repository"] == str(missing)
    assert event["reason"] == "No such file or directory"


@pytest.mark.parametrize("mode", MODES)
def test_a_folder_that_comes_is_served(
    repository: MakeRepository, tmp_path: Path, mode: str
) -> None:
    folder = tmp_path / "late"
    with waiting(folder, *MODES[mode]) as process:
        assert health(process, "") == NOT_SERVING
        repository("simple").rename(folder)
        process.wait_ready()
        with InferenceServerClient(process.grpc_address) as client:
            assert client.is_model_ready("simple")
        assert get(process.http_address, "/readyz")[0] == 200
        assert [r["state"] for r in repositories(process)] == ["READY"]


def test_the_other_folders_models_serve_meanwhile(
    repository: MakeRepository, tmp_path: Path
) -> None:
    folders = [repository("simple"), tmp_path / "late"]
    with ServerProcess(folders, SOON, wait_until_ready=False) as process:
        eventually(
            lambda: health(process, "simple") == SERVING,
            "the model that is there",
        )
        assert health(process, "") == NOT_SERVING
        repository("identity").rename(folders[1])
        process.wait_ready()
        assert health(process, "identity") == SERVING


def test_a_folder_that_cannot_be_read(
    repository: MakeRepository, tmp_path: Path
) -> None:
    # What root cannot read either: a link in a circle.
    folder = tmp_path / "circle"
    folder.symlink_to(folder)
    with waiting(folder) as process:
        wait_for_the_look(process)
        (told,) = repositories(process)
        assert told["state"] == "UNAVAILABLE"
        assert "symbolic links" in str(told["reason"])
        folder.unlink()
        repository("simple").rename(folder)
        process.wait_ready()


def test_a_server_that_waits_can_be_stopped(tmp_path: Path) -> None:
    with waiting(tmp_path / "nowhere") as process:
        assert process.stop() == 0
