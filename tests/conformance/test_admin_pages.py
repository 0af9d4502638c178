"""The HTTP pages: metrics that agree with what was sent, probes, models."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.admin import Scrape, get, get_json
from sconce_support.eager import example
from sconce_support.inference import infer_inputs
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

MODEL = {"model": "mlp_batched", "version": "1"}
HISTOGRAMS = (
    "sconce_request_seconds",
    "sconce_queue_seconds",
    "sconce_compute_seconds",
    "sconce_batch_rows",
)


@pytest.fixture(scope="module")
def counted(repository: MakeRepository) -> Iterator[ServerProcess]:
    """A server that was sent three good requests and two bad ones."""
    folder = repository("mlp_batched")
    with (
        ServerProcess([folder]) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        for rows in (1, 2, 5):
            send(client, "mlp_batched", rows)
        for model in ("mlp_batched", "nosuch"):
            with pytest.raises(InferenceServerException):
                send(client, model, rows=1, columns=31)
        yield process


def send(
    client: InferenceServerClient, model: str, rows: int, columns: int = 32
) -> None:
    inputs = {"x": np.zeros((rows, columns), dtype=np.float32)}
    client.infer(model, infer_inputs(inputs), client_timeout=30)


def test_requests_are_counted_by_code(counted: ServerProcess) -> None:
    scrape = Scrape(counted.http_address)
    total = "sconce_requests_total"
    assert scrape.value(total, code="OK", **MODEL) == 3
    assert scrape.value(total, code="INVALID_ARGUMENT", **MODEL) == 1
    assert scrape.value(total, **MODEL) == 4
    rejected = "sconce_rejected_requests_total"
    assert scrape.value(rejected, code="NOT_FOUND") == 1


@pytest.mark.parametrize("name", HISTOGRAMS)
def test_histograms(counted: ServerProcess, name: str) -> None:
    scrape = Scrape(counted.http_address)
    assert scrape.families[name].type == "histogram"
    assert scrape.families[name].documentation
    count = scrape.value(f"{name}_count", **MODEL)
    # Refused requests have a duration, but were neither queued nor computed.
    assert count == (4 if name == "sconce_request_seconds" else 3)
    assert scrape.value(f"{name}_bucket", le="+Inf", **MODEL) == count
    assert scrape.value(f"{name}_sum", **MODEL) > 0


def test_batch_rows(counted: ServerProcess) -> None:
    scrape = Scrape(counted.http_address)
    assert scrape.value("sconce_batch_rows_sum", **MODEL) == 8
    buckets = {
        bound: scrape.value("sconce_batch_rows_bucket", le=bound, **MODEL)
        for bound in ("1", "2", "4", "8")
    }
    assert buckets == {"1": 1, "2": 2, "4": 2, "8": 3}


def test_gauges(counted: ServerProcess) -> None:
    scrape = Scrape(counted.http_address)
    assert scrape.value("sconce_queued_requests", **MODEL) == 0
    states = {
        sample.labels["state"]: sample.value
        for sample in scrape.families["sconce_model_state"].samples
    }
    assert states["READY"] == 1
    assert sum(states.values()) == 1


def test_probes(counted: ServerProcess) -> None:
    assert get(counted.http_address, "/livez")[0] == 200
    assert get(counted.http_address, "/readyz")[0] == 200


@pytest.mark.parametrize(
    "opening",
    [b"", b"GET /livez HTTP/1.1\r\n", b"GET /livez HTTP/1.1\r\n\r\n"],
)
def test_probes_answer_while_others_hold_connections(
    counted: ServerProcess, opening: bytes
) -> None:
    # Scrapers keep connections open, scanners never finish a request. A late
    # probe is a dead server to Kubernetes, whose default patience is 1 s.
    host, port = counted.http_address.rsplit(":", 1)
    with ExitStack() as stack:
        for _ in range(16):
            held = socket.create_connection((host, int(port)))
            stack.enter_context(held).sendall(opening)
        started = time.monotonic()
        assert get(counted.http_address, "/livez")[0] == 200
        # More than the patience, since this machine has other things to do;
        # less than what a held connection is kept for.
        assert time.monotonic() - started < 5.0


def test_models_page(counted: ServerProcess) -> None:
    text = str(get_json(counted.http_address, "/models"))
    for word in ("mlp_batched", "READY", "1"):
        assert word in text


def test_models_page_tells_why_one_is_unavailable(
    repository: MakeRepository,
) -> None:
    folder = repository("simple")
    (folder / "broken.pt").write_bytes(b"no model")
    with ServerProcess([folder], "--strict-readiness=false") as process:
        text = str(get_json(process.http_address, "/models"))
    assert "broken" in text
    assert "UNAVAILABLE" in text


def test_unknown_page(server: ServerProcess) -> None:
    assert get(server.http_address, "/nosuch")[0] == 404


def test_cpu_time_of_the_process_grows_with_its_work(
    server: ServerProcess, client: InferenceServerClient
) -> None:
    name = "process_cpu_seconds_total"
    before = Scrape(server.http_address).value(name)
    client.infer("simple", infer_inputs(example("simple")))
    assert 0 < before < Scrape(server.http_address).value(name) < before + 60


def test_metrics_of_a_used_server_parse(
    server: ServerProcess, client: InferenceServerClient
) -> None:
    client.infer("simple", infer_inputs(example("simple")))
    scrape = Scrape(server.http_address)
    for family in scrape.families.values():
        assert family.name.startswith(("sconce_", "nv_", "process_")), family
        assert family.documentation
