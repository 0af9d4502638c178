"""ModelStatistics: figures that are true to the last request."""

import time
from collections.abc import Iterator

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient, service_pb2
from tritonclient.utils import InferenceServerException

from sconce_support.inference import infer_inputs
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

PARTS = ("queue", "compute_input", "compute_infer", "compute_output")


@pytest.fixture
def counted(
    repository: MakeRepository,
) -> Iterator[InferenceServerClient]:
    """A client of a server that nobody else has asked anything."""
    folder = repository("mlp_batched", "simple")
    with (
        ServerProcess([folder]) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        yield client


def send(client: InferenceServerClient, rows: int, width: int = 32) -> None:
    inputs = {"x": np.ones((rows, width), dtype=np.float32)}
    client.infer("mlp_batched", infer_inputs(inputs), client_timeout=30)


def statistics(
    client: InferenceServerClient, model: str = "mlp_batched"
) -> service_pb2.ModelStatistics:
    # One model, one version, one entry: example clients rely on it.
    (entry,) = client.get_inference_statistics(model).model_stats
    return entry


def test_nothing_is_counted_before_a_request(
    counted: InferenceServerClient,
) -> None:
    entry = statistics(counted)
    assert (entry.name, entry.version) == ("mlp_batched", "1")
    assert entry.inference_count == 0
    assert entry.execution_count == 0
    assert entry.inference_stats.success.count == 0
    assert not entry.batch_stats


def test_counts_are_what_was_sent(counted: InferenceServerClient) -> None:
    started_ms = time.time() * 1e3
    for rows in (1, 1, 4, 16):
        send(counted, rows)
    entry = statistics(counted)
    assert entry.inference_count == 22  # rows
    assert entry.execution_count == 4  # one at a time, so no merging
    assert entry.inference_stats.success.count == 4  # requests
    assert entry.inference_stats.fail.count == 0
    for part in PARTS:
        assert getattr(entry.inference_stats, part).count == 4, part
    sizes = {b.batch_size: b.compute_infer.count for b in entry.batch_stats}
    assert sizes == {1: 2, 4: 1, 16: 1}
    # last_inference is in milliseconds since the epoch.
    assert started_ms - 1 <= entry.last_inference <= time.time() * 1e3 + 1


def test_times_add_up(counted: InferenceServerClient) -> None:
    for _ in range(10):
        send(counted, 2)
    stats = statistics(counted).inference_stats
    assert stats.compute_infer.ns > 0
    # A request takes at least what its parts take.
    parts = sum(getattr(stats, part).ns for part in PARTS)
    assert stats.success.ns >= parts
    # In Triton's terms, as perf_analyzer reads them: well under a second.
    assert stats.success.ns / stats.success.count < 1e9
    (batch,) = statistics(counted).batch_stats
    assert batch.compute_infer.ns == stats.compute_infer.ns
    assert batch.compute_input.ns == stats.compute_input.ns


def test_other_models_count_for_themselves(
    counted: InferenceServerClient,
) -> None:
    send(counted, 1)
    assert statistics(counted, "simple").inference_count == 0
    entries = counted.get_inference_statistics().model_stats
    assert {e.name: e.inference_count for e in entries} == {
        "mlp_batched": 1,
        "simple": 0,
    }


def test_a_refused_request_is_no_inference(
    counted: InferenceServerClient,
) -> None:
    with pytest.raises(InferenceServerException):
        send(counted, 1, width=31)
    send(counted, 1)
    entry = statistics(counted)
    assert entry.inference_count == 1
    assert entry.execution_count == 1
    assert entry.inference_stats.success.count == 1
    assert entry.inference_stats.fail.count == 1


def test_statistics_of_one_version(counted: InferenceServerClient) -> None:
    (entry,) = counted.get_inference_statistics("simple", "1").model_stats
    assert entry.version == "1"


@pytest.mark.parametrize("name, version", [("nosuch", ""), ("simple", "9")])
def test_statistics_of_what_is_not_there(
    counted: InferenceServerClient, name: str, version: str
) -> None:
    with pytest.raises(InferenceServerException) as caught:
        counted.get_inference_statistics(name, version)
    assert caught.value.status() == "StatusCode.NOT_FOUND"
    assert name in caught.value.message()
