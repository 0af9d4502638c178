"""What /metrics tells of the server as a whole, and of its loads."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.admin import Scrape
from sconce_support.busy_lane import ONE_LANE, busy_lane
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

LOADS = "sconce_model_loads_total"
LAST_LOAD = "sconce_model_last_load_successful"


@pytest.fixture
def folder(repository: MakeRepository) -> Path:
    return repository("slow")


@pytest.fixture
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    flags = (*ONE_LANE, "--model-control-mode", "explicit")
    with ServerProcess(
        [folder], *flags, "--load-model", "slow", binary=binary
    ) as process:
        yield process


def value(server: ServerProcess, name: str, **labels: str) -> float:
    return Scrape(server.http_address).value(name, **labels)


def test_a_request_is_in_flight_until_it_is_answered(
    server: ServerProcess,
) -> None:
    name = "sconce_in_flight_requests"
    assert value(server, name, model="slow") == 0
    with grpc.insecure_channel(server.grpc_address) as channel:
        with busy_lane(server, channel):
            assert value(server, name, model="slow", version="1") == 1
    eventually(
        lambda: value(server, name, model="slow") == 0, "no request in flight"
    )


def test_connections_are_those_of_the_inference_port(
    server: ServerProcess,
) -> None:
    name = "sconce_connections"
    eventually(lambda: value(server, name) == 0, "no connection")
    with InferenceServerClient(server.grpc_address) as client:
        client.is_server_live()
        assert value(server, name) == 1
    eventually(lambda: value(server, name) == 0, "the connection's end")


def test_the_server_tells_what_it_is_and_has(server: ServerProcess) -> None:
    scrape = Scrape(server.http_address)
    (build,) = scrape.families["sconce_build_info"].samples
    assert build.value == 1
    assert build.labels["version"] and build.labels["libtorch"]
    assert scrape.value("sconce_ready") == 1
    assert scrape.value("sconce_lanes") == 1
    promised = scrape.value("sconce_model_memory_bytes")
    may_be = scrape.value("sconce_model_memory_limit_bytes")
    assert 0 < promised < may_be < scrape.value("sconce_memory_limit_bytes")


def test_loads_are_counted_and_the_last_one_told(
    server: ServerProcess, folder: Path
) -> None:
    (folder / "broken.pt").write_bytes(b"no model")
    with InferenceServerClient(server.grpc_address) as client:
        with pytest.raises(InferenceServerException):
            client.load_model("broken")
        scrape = Scrape(server.http_address)
        assert scrape.value(LOADS, result="ok") == 1
        assert scrape.value(LOADS, result="failed") == 1
        assert scrape.value(LAST_LOAD, model="slow", version="1") == 1
        states = scrape.families[LAST_LOAD].samples
        assert [s.value for s in states if s.labels["model"] == "broken"] == [0]
        client.unload_model("slow")
    eventually(
        lambda: LAST_LOAD not in Scrape(server.http_address).families
        or not value(server, LAST_LOAD, model="slow"),
        "the end of the series of what is gone",
    )


def test_a_content_that_does_not_load_is_told_beside_the_one_that_serves(
    server: ServerProcess, folder: Path
) -> None:
    (folder / "slow/1/model.pt").unlink()
    (folder / "slow/1/model.pt").write_bytes(b"no model")
    with InferenceServerClient(server.grpc_address) as client:
        with pytest.raises(InferenceServerException):
            client.load_model("slow")
    scrape = Scrape(server.http_address)
    ready = {"model": "slow", "version": "1", "state": "READY"}
    assert scrape.value("sconce_model_state", **ready) == 1
    (last,) = scrape.families[LAST_LOAD].samples
    assert last.labels == {"model": "slow", "version": "1"}
    assert last.value == 0


def test_a_server_without_its_models_is_not_ready(
    folder: Path, binary: Path
) -> None:
    (folder / "broken.pt").write_bytes(b"no model")
    with ServerProcess(
        [folder], binary=binary, wait_until_ready=False
    ) as process:
        eventually(
            lambda: value(process, LOADS) == 2, "the end of both loads"
        )
        assert value(process, "sconce_ready") == 0
