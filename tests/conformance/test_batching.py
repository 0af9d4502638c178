"""Batching: what may share an execution does, and no row goes astray.

The only lane is busy while requests gather, so the batches that follow are
decided by the rules and not by luck.
"""

from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.busy_lane import ONE_LANE, busy_lane, wait_queued
from sconce_support.eager import assert_close, run_eager
from sconce_support.inference import raw_request, response_arrays
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

Stub = service_pb2_grpc.GRPCInferenceServiceStub
Response = service_pb2.ModelInferResponse

MODELS = ("slow", "mlp_batched", "identity_batched", "refusing_batched")


@pytest.fixture
def server(repository: MakeRepository) -> Iterator[ServerProcess]:
    # One for each test: every count starts at zero.
    with ServerProcess([repository(*MODELS)], *ONE_LANE) as process:
        yield process


@pytest.fixture
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc_address) as made:
        yield made


def gather(
    server: ServerProcess,
    channel: grpc.Channel,
    model: str,
    arrays: list[NDArray],
) -> list[grpc.Future]:
    """Sends one request per array while the lane is busy."""
    stub = Stub(channel)
    with busy_lane(server, channel):
        calls = []
        for count, array in enumerate(arrays, start=1):
            request = raw_request(model, {"x": array})
            request.parameters["timings"].bool_param = True
            calls.append(stub.ModelInfer.future(request, timeout=60))
            # One after the other: arrival order is part of the question.
            wait_queued(server, model, count)
    return calls


def batch_sizes(channel: grpc.Channel, model: str) -> dict[int, int]:
    """Rows of an execution -> number of such executions."""
    request = service_pb2.ModelStatisticsRequest(name=model)
    (entry,) = Stub(channel).ModelStatistics(request, timeout=30).model_stats
    return {b.batch_size: b.compute_infer.count for b in entry.batch_stats}


def rows(count: int, seed: int, width: int = 32) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    return generator.standard_normal((count, width), dtype=np.float32)


def reported_batch(response: Response) -> int:
    return response.parameters["batch_size"].int64_param


def test_waiting_requests_share_one_execution(
    server: ServerProcess, channel: grpc.Channel
) -> None:
    arrays = [rows(count, seed=count) for count in (1, 2, 3, 4)]
    calls = gather(server, channel, "mlp_batched", arrays)
    for call, array in zip(calls, arrays, strict=True):
        outputs = response_arrays(call.result())
        assert_close(outputs, run_eager("mlp_batched", {"x": array}))
        assert reported_batch(call.result()) == 10
    assert batch_sizes(channel, "mlp_batched") == {10: 1}


def test_an_execution_holds_at_most_max_batch_size_rows(
    server: ServerProcess, channel: grpc.Channel
) -> None:
    # The limit is 16 rows: 7 + 9 fit, and the next has to wait.
    arrays = [rows(count, seed=count) for count in (7, 9, 16, 5)]
    calls = gather(server, channel, "mlp_batched", arrays)
    for call, array in zip(calls, arrays, strict=True):
        outputs = response_arrays(call.result())
        assert_close(outputs, run_eager("mlp_batched", {"x": array}))
    sizes = [reported_batch(call.result()) for call in calls]
    assert sizes == [16, 16, 16, 5]
    assert batch_sizes(channel, "mlp_batched") == {16: 2, 5: 1}


def test_different_shapes_never_share_an_execution(
    server: ServerProcess, channel: grpc.Channel
) -> None:
    widths = [5, 6, 5, 7, 6, 5]
    arrays = [rows(1, seed, width) for seed, width in enumerate(widths)]
    calls = gather(server, channel, "identity_batched", arrays)
    for call, array in zip(calls, arrays, strict=True):
        (answer,) = response_arrays(call.result()).values()
        np.testing.assert_array_equal(answer, array)
    sizes = [reported_batch(call.result()) for call in calls]
    assert sizes == [widths.count(width) for width in widths]


def test_a_refused_request_leaves_its_neighbours_alone(
    server: ServerProcess, channel: grpc.Channel
) -> None:
    arrays = [np.full((1, 3), value, np.float32) for value in (4, -1, 9)]
    good, bad, last = gather(server, channel, "refusing_batched", arrays)
    assert bad.exception().code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "negative number" in bad.exception().details()
    for call, root in ((good, 2.0), (last, 3.0)):
        (answer,) = response_arrays(call.result()).values()
        np.testing.assert_allclose(answer, np.full((1, 3), root))


def test_no_rows_share_an_execution_with_others(
    server: ServerProcess, channel: grpc.Channel
) -> None:
    arrays = [rows(2, 1), rows(0, 2), rows(3, 3)]
    calls = gather(server, channel, "mlp_batched", arrays)
    for call, array in zip(calls, arrays, strict=True):
        outputs = response_arrays(call.result())
        assert_close(outputs, run_eager("mlp_batched", {"x": array}))
