"""How a model's config decides who runs when."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.busy_lane import (
    ONE_LANE,
    busy_lane,
    seem_fast,
    slow_request,
    wait_queued,
)
from sconce_support.inference import raw_request
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

Stub = service_pb2_grpc.GRPCInferenceServiceStub
Start = Callable[[str], tuple[ServerProcess, grpc.Channel]]

DEFAULT_TIMEOUT = """
dynamic_batching {
  default_queue_policy { default_timeout_microseconds: 50000 }
}
"""


@pytest.fixture
def start(repository: MakeRepository) -> Iterator[Start]:
    """Serves `slow` and `mlp_batched`, the latter with more in its config."""
    with ExitStack() as stack:

        def made(config: str) -> tuple[ServerProcess, grpc.Channel]:
            folder = repository("slow", "mlp_batched")
            append(folder / "mlp_batched/config.pbtxt", config)
            server = stack.enter_context(ServerProcess([folder], *ONE_LANE))
            channel = grpc.insecure_channel(server.grpc_address)
            return server, stack.enter_context(channel)

        yield made


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def request(rows: int = 1, priority: int = 0) -> service_pb2.ModelInferRequest:
    ones = np.ones((rows, 32), dtype=np.float32)
    made = raw_request("mlp_batched", {"x": ones})
    if priority > 0:
        made.parameters["priority"].uint64_param = priority
    return made


def executions(channel: grpc.Channel) -> dict[int, int]:
    """Rows of an execution -> number of such executions."""
    asked = service_pb2.ModelStatisticsRequest(name="mlp_batched")
    (entry,) = Stub(channel).ModelStatistics(asked, timeout=30).model_stats
    return {
        size.batch_size: size.compute_infer.count for size in entry.batch_stats
    }


def test_higher_priorities_go_first(start: Start) -> None:
    levels = "dynamic_batching { priority_levels: 3 default_priority_level: 2 }"
    server, channel = start(levels)
    order: list[int] = []
    with busy_lane(server, channel):
        calls = []
        for count, priority in enumerate((3, 0, 2, 1, 9), start=1):
            # As many rows as a batch has, so that each runs alone.
            call = Stub(channel).ModelInfer.future(
                request(16, priority), timeout=60
            )
            call.add_done_callback(lambda _, p=priority: order.append(p))
            calls.append(call)
            wait_queued(server, "mlp_batched", count)
    for call in calls:
        call.result()
    # 0 and 9, which there is not, are the default.
    assert order == [1, 0, 2, 9, 3]


def test_a_batch_waits_for_a_preferred_size(start: Start) -> None:
    _, channel = start(
        "dynamic_batching { preferred_batch_size: [ 3 ] "
        "max_queue_delay_microseconds: 3600000000 }"
    )
    before = executions(channel)
    stub = Stub(channel)
    calls = [stub.ModelInfer.future(request(), timeout=60) for _ in range(3)]
    for call in calls:
        call.result()
    assert executions(channel) == {**before, 3: before.get(3, 0) + 1}


def test_a_deadline_ends_the_wait(start: Start) -> None:
    _, channel = start(
        "dynamic_batching { max_queue_delay_microseconds: 3600000000 }"
    )
    Stub(channel).ModelInfer(request(), timeout=5)


def test_the_default_timeout_is_a_deadline(start: Start) -> None:
    server, channel = start(DEFAULT_TIMEOUT)
    seem_fast(channel)
    with busy_lane(server, channel):
        # Without one of its own.
        call = Stub(channel).ModelInfer.future(request())
        assert call.exception().code() == grpc.StatusCode.DEADLINE_EXCEEDED
        # Of this model only.
        other = Stub(channel).ModelInfer.future(slow_request(1), timeout=60)
    other.result()
    Stub(channel).ModelInfer(request(), timeout=60)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("priority_levels: 2 default_priority_level: 3", "1 to 2"),
        ("priority_levels: 2", "default_priority_level is 0"),
        ("preferred_batch_size: [ 17 ]", "preferred_batch_size holds 17"),
    ],
)
def test_what_cannot_be_is_refused(
    repository: MakeRepository, config: str, words: str
) -> None:
    folder = repository("mlp_batched")
    append(
        folder / "mlp_batched/config.pbtxt", f"dynamic_batching {{ {config} }}"
    )
    with (
        ServerProcess([folder], wait_until_ready=False) as server,
        grpc.insecure_channel(server.grpc_address) as channel,
    ):

        def reason() -> str:
            asked = service_pb2.RepositoryIndexRequest()
            (model,) = Stub(channel).RepositoryIndex(asked, timeout=30).models
            return model.reason

        eventually(lambda: words in reason(), "the reason in the index")


def test_the_config_tells_what_is_in_force(start: Start) -> None:
    _, channel = start(
        """
        parameters { key: "sconce.weight" value { string_value: "5" } }
        dynamic_batching {
          preferred_batch_size: [ 4, 8 ]
          max_queue_delay_microseconds: 700
          priority_levels: 3
          default_priority_level: 2
          default_queue_policy {
            default_timeout_microseconds: 50000
            max_queue_size: 77
          }
        }
        """
    )
    asked = service_pb2.ModelConfigRequest(name="mlp_batched")
    config = Stub(channel).ModelConfig(asked, timeout=30).config
    assert config.parameters["sconce.weight"].string_value == "5"
    queue = config.dynamic_batching
    assert list(queue.preferred_batch_size) == [4, 8]
    assert queue.max_queue_delay_microseconds == 700
    assert queue.priority_levels == 3
    assert queue.default_priority_level == 2
    policy = queue.default_queue_policy
    assert policy.default_timeout_microseconds == 50_000
    assert policy.max_queue_size == 77


def test_a_priority_below_zero_is_refused(start: Start) -> None:
    _, channel = start("")
    bad = request()
    bad.parameters["priority"].int64_param = -1
    with pytest.raises(grpc.RpcError) as caught:
        Stub(channel).ModelInfer(bad, timeout=60)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert "'priority' is -1" in caught.value.details()
