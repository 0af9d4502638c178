"""A device that is out of memory: batches are split, and only a request that
is too large alone is refused."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient, service_pb2_grpc
from tritonclient.utils import InferenceServerException

from sconce_support.device_models import (
    MODEL,
    MOST_ROWS,
    ROW_BYTES,
    check_times,
    some_rows,
    write_times,
)
from sconce_support.fake_devices import DeviceServer
from sconce_support.inference import raw_request

# Nobody runs before MOST_ROWS are there: the time is longer than any test.
MERGED = f"""
dynamic_batching {{
  preferred_batch_size: [ {MOST_ROWS} ]
  max_queue_delay_microseconds: 100000000
}}
"""

# Of one request after another; the run that a device fails comes among them.
REQUESTS = 60


@contextmanager
def serve(
    binary: Path, folder: Path, fake: str, config: str = ""
) -> Iterator[InferenceServerClient]:
    write_times(folder, config)
    with (
        DeviceServer(
            [folder], "--model-probe=false", binary=binary, fake=fake
        ) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        yield client


def rows_at_once(client: InferenceServerClient, count: int) -> list[Future]:
    """Ends when all requests, of one row each, have ended."""
    with ThreadPoolExecutor(count) as pool:
        return [
            pool.submit(check_times, client, rows=1, seed=seed)
            for seed in range(count)
        ]


def status_of(future: Future) -> str:
    error = future.exception()
    assert isinstance(error, InferenceServerException), error
    return error.status()


def executions(client: InferenceServerClient) -> dict[int, int]:
    """How many batches of each size were answered."""
    (model,) = client.get_inference_statistics("times").model_stats
    return {
        each.batch_size: each.compute_infer.count for each in model.batch_stats
    }


def test_a_merged_batch_is_split(device_binary: Path, tmp_path: Path) -> None:
    fake = f"max_input={ROW_BYTES * MOST_ROWS // 2}"
    with serve(device_binary, tmp_path, fake, MERGED) as client:
        for future in rows_at_once(client, MOST_ROWS):
            future.result()
        assert executions(client) == {MOST_ROWS // 2: 2}


def test_once_and_no_more(device_binary: Path, tmp_path: Path) -> None:
    fake = f"max_input={ROW_BYTES * MOST_ROWS // 2 - 1}"
    with serve(device_binary, tmp_path, fake, MERGED) as client:
        ended = rows_at_once(client, MOST_ROWS)
    assert {status_of(future) for future in ended} == {
        "StatusCode.RESOURCE_EXHAUSTED"
    }


def test_the_budget_of_a_run_is_no_shortage_of_the_device(
    device_binary: Path, tmp_path: Path
) -> None:
    """Halves would still be too large; requests alone are not."""
    write_times(tmp_path, MERGED)
    with (
        DeviceServer(
            [tmp_path],
            "--model-probe=false",
            f"--max-request-memory={2 * ROW_BYTES}",
            binary=device_binary,
            fake="",
        ) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        for future in rows_at_once(client, MOST_ROWS):
            future.result()
        assert executions(client) == {1: MOST_ROWS}


def test_a_request_that_is_too_large_alone(
    device_binary: Path, tmp_path: Path
) -> None:
    fake = f"max_input={ROW_BYTES * (MOST_ROWS - 1)}"
    with serve(device_binary, tmp_path, fake) as client:
        with ThreadPoolExecutor(8) as pool:
            small = [
                pool.submit(check_times, client, rows=1, seed=seed)
                for seed in range(REQUESTS)
            ]
            # A whole batch by itself, so that nobody shares its fate.
            large = [
                pool.submit(check_times, client, rows=MOST_ROWS)
                for _ in range(4)
            ]
        # A batch of eight of them is one row too large, and is split.
        for future in small:
            future.result()
        for future in large:
            assert status_of(future) == "StatusCode.RESOURCE_EXHAUSTED"
            told = str(future.exception())
            assert "device 'cuda:0' is out of memory" in told
            assert f"'x' FP32[{MOST_ROWS},1024]" in told


def test_what_is_too_large_is_not_to_be_sent_again(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path)
    with (
        DeviceServer(
            [tmp_path],
            "--model-probe=false",
            binary=device_binary,
            fake=f"max_input={ROW_BYTES}",
        ) as server,
        grpc.insecure_channel(server.grpc_address) as channel,
    ):
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.ModelInfer(raw_request(MODEL, {"x": some_rows(2)}), timeout=60)
        server.log.wait_for(
            lambda e: "runs again in halves" in e["message"], "a warning", 60
        )
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
    metadata = dict(caught.value.trailing_metadata())
    assert metadata["grpc-retry-pushback-ms"] == "-1"


@pytest.mark.parametrize("run", [1, REQUESTS // 2])
def test_a_run_out_of_memory_is_tried_again(
    device_binary: Path, tmp_path: Path, run: int
) -> None:
    with serve(device_binary, tmp_path, f"oom_run={run}") as client:
        for seed in range(REQUESTS):
            check_times(client, rows=1 + seed % MOST_ROWS, seed=seed)
