"""Waiting requests: a bounded queue, deadlines and cancellation."""

from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.admin import Scrape
from sconce_support.busy_lane import (
    ONE_LANE,
    busy_lane,
    seem_fast,
    seem_slow,
    slow_request,
    wait_queued,
)
from sconce_support.inference import raw_request
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

Stub = service_pb2_grpc.GRPCInferenceServiceStub
Code = grpc.StatusCode

QUEUE_SIZE = 3


@pytest.fixture(scope="module")
def folder(repository: MakeRepository) -> Path:
    return repository("slow", "mlp_scripted")


@pytest.fixture(scope="module")
def one_lane(folder: Path) -> Iterator[ServerProcess]:
    flags = (*ONE_LANE, "--max-queue-size", str(QUEUE_SIZE))
    with ServerProcess([folder], *flags) as process:
        yield process


@pytest.fixture(scope="module")
def lane_channel(one_lane: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(one_lane.grpc_address) as made:
        yield made


def mlp_request() -> service_pb2.ModelInferRequest:
    ones = np.ones((1, 32), dtype=np.float32)
    return raw_request("mlp_scripted", {"x": ones})


def counts(channel: grpc.Channel, model: str) -> tuple[int, int]:
    """Executions and failures of a model so far."""
    request = service_pb2.ModelStatisticsRequest(name=model)
    (entry,) = Stub(channel).ModelStatistics(request, timeout=30).model_stats
    return entry.execution_count, entry.inference_stats.fail.count


def ended_with(server: ServerProcess, *codes: str) -> float:
    """Requests to the small model that ended with one of these codes."""
    scrape = Scrape(server.http_address)
    return sum(
        scrape.value("sconce_requests_total", model="mlp_scripted", code=code)
        for code in codes
    )


def test_a_full_queue_refuses_with_its_length(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    stub = Stub(lane_channel)
    with busy_lane(one_lane, lane_channel):
        waiting = [
            stub.ModelInfer.future(slow_request(1), timeout=60)
            for _ in range(QUEUE_SIZE)
        ]
        wait_queued(one_lane, "slow", QUEUE_SIZE)
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(slow_request(1), timeout=60)
        # The queue of another model is not full.
        other = stub.ModelInfer.future(mlp_request(), timeout=60)
        wait_queued(one_lane, "mlp_scripted", 1)
    assert caught.value.code() == Code.RESOURCE_EXHAUSTED
    assert "'slow'" in caught.value.details()
    assert str(QUEUE_SIZE) in caught.value.details()
    # Those that were let in are answered.
    for call in (*waiting, other):
        call.result()
    assert stub.ModelInfer(slow_request(1), timeout=60).model_name == "slow"


def test_what_would_be_late_is_refused_at_once(folder: Path) -> None:
    with (
        ServerProcess([folder], *ONE_LANE) as server,
        grpc.insecure_channel(server.grpc_address) as channel,
    ):
        seem_slow(channel)
        stub = Stub(channel)
        with busy_lane(server, channel):
            with pytest.raises(grpc.RpcError) as caught:
                stub.ModelInfer(mlp_request(), timeout=0.1)
            patient = stub.ModelInfer.future(mlp_request(), timeout=60)
        patient.result()
        assert counts(channel, "mlp_scripted") == (1, 1)
    assert caught.value.code() == Code.RESOURCE_EXHAUSTED
    assert "'mlp_scripted' cannot answer in time" in caught.value.details()
    # gRPC's retries wait for that long.
    pushback = dict(caught.value.trailing_metadata())["grpc-retry-pushback-ms"]
    assert int(pushback) > 0


def test_a_request_whose_deadline_passed_is_not_run(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    seem_fast(lane_channel)
    executions, failures = counts(lane_channel, "mlp_scripted")
    gone = ended_with(one_lane, "DEADLINE_EXCEEDED", "CANCELLED")
    with busy_lane(one_lane, lane_channel):
        call = Stub(lane_channel).ModelInfer.future(mlp_request(), timeout=0.3)
        assert call.exception().code() == Code.DEADLINE_EXCEEDED
    # gRPC tells the server of a passed deadline as a cancellation, and
    # which of the two comes first is not for the server to say.
    eventually(
        lambda: (
            ended_with(one_lane, "DEADLINE_EXCEEDED", "CANCELLED") == gone + 1
        ),
        "the expired request to be counted",
    )
    assert counts(lane_channel, "mlp_scripted") == (executions, failures + 1)


def test_the_timeout_parameter_counts_as_a_deadline(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    seem_fast(lane_channel)
    executions, failures = counts(lane_channel, "mlp_scripted")
    request = mlp_request()
    request.parameters["timeout"].int64_param = 50_000  # microseconds
    with busy_lane(one_lane, lane_channel):
        call = Stub(lane_channel).ModelInfer.future(request, timeout=60)
        # It is the server that says so, not the client's own clock, and at
        # that time, not when the lane comes free.
        call.exception()
    assert call.exception().code() == Code.DEADLINE_EXCEEDED
    assert "'mlp_scripted'" in call.exception().details()
    assert counts(lane_channel, "mlp_scripted") == (executions, failures + 1)


def test_a_cancelled_request_is_not_run(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    executions, failures = counts(lane_channel, "mlp_scripted")
    cancelled = ended_with(one_lane, "CANCELLED")
    with busy_lane(one_lane, lane_channel):
        call = Stub(lane_channel).ModelInfer.future(mlp_request(), timeout=60)
        wait_queued(one_lane, "mlp_scripted", 1)
        call.cancel()
    eventually(
        lambda: ended_with(one_lane, "CANCELLED") == cancelled + 1,
        "the cancelled request to be counted",
    )
    assert counts(lane_channel, "mlp_scripted") == (executions, failures + 1)


def test_a_client_that_vanishes_leaves_the_queue(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    executions, _ = counts(lane_channel, "mlp_scripted")
    # A connection of its own, which is closed under the waiting request.
    options = [("grpc.use_local_subchannel_pool", 1)]
    doomed = grpc.insecure_channel(one_lane.grpc_address, options)
    with busy_lane(one_lane, lane_channel):
        call = Stub(doomed).ModelInfer.future(mlp_request(), timeout=60)
        wait_queued(one_lane, "mlp_scripted", 1)
        doomed.close()
        assert call.exception().code() == Code.CANCELLED
    wait_queued(one_lane, "mlp_scripted", 0)
    assert counts(lane_channel, "mlp_scripted")[0] == executions


def test_abandoned_requests_do_not_fill_the_queue(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    send = Stub(lane_channel).ModelInfer.future

    def admitted() -> grpc.Future | None:
        call = send(mlp_request(), timeout=60)
        try:
            refused = call.exception(timeout=0.1) is not None
        except grpc.FutureTimeoutError:
            refused = False  # it waits, so it was let in
        return None if refused else call

    with busy_lane(one_lane, lane_channel):
        calls = [send(mlp_request(), timeout=60) for _ in range(QUEUE_SIZE)]
        wait_queued(one_lane, "mlp_scripted", QUEUE_SIZE)
        for call in calls:
            call.cancel()
        living = eventually(admitted, "a place among cancelled requests")
    living.result()


def test_a_deadline_in_the_past(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    stub = Stub(lane_channel)
    # Behind a busy lane, for on an idle one an answer can still win the race
    # against timers that count milliseconds.
    with busy_lane(one_lane, lane_channel):
        for seconds in (0, 1e-9):
            with pytest.raises(grpc.RpcError) as caught:
                stub.ModelInfer(mlp_request(), timeout=seconds)
            assert caught.value.code() == Code.DEADLINE_EXCEEDED
    wait_queued(one_lane, "mlp_scripted", 0)
    stub.ModelInfer(mlp_request(), timeout=60)


def test_an_idle_lane_takes_what_comes_at_once(
    one_lane: ServerProcess, lane_channel: grpc.Channel
) -> None:
    # No artificial delay: the wait of a lone request is a thread's wake-up.
    request = mlp_request()
    request.parameters["timings"].bool_param = True
    waits = []
    for _ in range(20):
        response = Stub(lane_channel).ModelInfer(request, timeout=60)
        waits.append(response.parameters["queue_ns"].int64_param)
    assert sorted(waits)[len(waits) // 2] < 5e6  # 5 ms
