"""Servers with devices in everyday life: drains, reloads, priorities, and
what /metrics tells of the devices."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient, service_pb2

from sconce_support.admin import Scrape
from sconce_support.device_models import (
    FACTOR,
    MODEL,
    check_times,
    some_rows,
    write_times,
)
from sconce_support.factor_models import replace_archive
from sconce_support.fake_devices import DeviceServer
from sconce_support.inference import raw_request, response_arrays
from sconce_support.open_loop import OpenLoop
from sconce_support.server_process import ServerProcess

ALLOCATED = "sconce_device_memory_allocated_bytes"
RELOADS = 20
X = some_rows(2)

GAUGES = {
    "sconce_device_lanes": 3,
    "sconce_device_places": 6,
    "sconce_device_streams": 16,
    "sconce_device_graphs": 0,
    "sconce_device_execution_seconds": None,
    "sconce_device_model_memory_bytes": None,
    "sconce_device_memory_bytes": 256 << 20,
    "sconce_device_memory_limit_bytes": 128 << 20,
    "sconce_device_memory_allocated_bytes": None,
    "sconce_device_memory_reserved_bytes": None,
    "sconce_device_utilization_ratio": 0.5,
    "sconce_device_power_watts": 100,
    "sconce_device_temperature_celsius": 40,
}


@contextmanager
def serve(
    binary: Path, folder: Path, *flags: str, fake: str = "count=2"
) -> Iterator[ServerProcess]:
    with DeviceServer(
        [folder], "--model-probe=false", *flags, binary=binary, fake=fake
    ) as server:
        yield server


def is_right(response: service_pb2.ModelInferResponse) -> bool:
    (answer,) = response_arrays(response).values()
    return np.array_equal(answer, X * FACTOR)


def test_each_device_has_every_gauge(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path)
    flags = ("--lanes=3", "--gpu-memory-fraction=0.5")
    fake = "count=2,memory=256MiB"
    with serve(device_binary, tmp_path, *flags, fake=fake) as server:
        families = Scrape(server.http_address).families
    found = {name for name in families if name.startswith("sconce_device_")}
    assert found == set(GAUGES)
    for name, expected in GAUGES.items():
        samples = families[name].samples
        assert [s.labels for s in samples] == [
            {"device": "cuda:0"},
            {"device": "cuda:1"},
        ]
        if expected is not None:
            assert [s.value for s in samples] == [expected, expected]
        allocated = families[ALLOCATED].samples[0].value
        reserved = families["sconce_device_memory_reserved_bytes"].samples[0]
        assert 0 < allocated <= reserved.value <= 128 << 20


def test_without_devices_there_are_no_gauges_of_them(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path)
    with serve(device_binary, tmp_path, "--device=cpu") as server:
        text = Scrape(server.http_address).text
    assert "sconce_device_" not in text


async def test_a_drain_loses_nothing(
    device_binary: Path, tmp_path: Path
) -> None:
    """One instance goes while another one lives."""
    write_times(tmp_path)
    flags = ("--max-connection-age", "1s", "--drain-timeout", "8s")
    fake = "count=2,run_us=5000"
    with (
        serve(device_binary, tmp_path, *flags, fake=fake) as one,
        serve(device_binary, tmp_path, *flags, fake=fake) as other,
    ):
        addresses = [one.grpc_address, other.grpc_address]
        request = raw_request(MODEL, {"x": X})
        async with OpenLoop(addresses, "{}", request, 200, is_right) as loop:
            await loop.wait_answers("1", 100)
            one.terminate()
            code = await asyncio.to_thread(one.wait)
            await loop.wait_answers("1", 100)
    assert code == 0
    assert not loop.failures, loop.failures


def test_reloads_leave_the_memory_as_it_was(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path)
    archive = tmp_path / MODEL / "1/model.pt"
    seen = []
    with (
        serve(
            device_binary,
            tmp_path,
            "--model-control-mode=explicit",
            f"--load-model={MODEL}",
            # One place for each batch, so that nothing is left to chance.
            "--lanes=1",
            fake="count=1",
        ) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        for _ in range(RELOADS):
            replace_archive(archive, FACTOR)
            client.load_model(MODEL)
            with ThreadPoolExecutor(8) as pool:
                asked = [pool.submit(check_times, client, 8) for _ in range(16)]
            for future in asked:
                future.result()
            seen.append(Scrape(server.http_address).value(ALLOCATED))
    # Both seats of the lane have all that they need by then.
    assert len(set(seen[RELOADS // 2 :])) == 1, seen


@pytest.mark.parametrize("graphs", ["off", "on"])
def test_all_priorities_are_answered_right(
    device_binary: Path, tmp_path: Path, graphs: str
) -> None:
    write_times(
        tmp_path,
        "dynamic_batching { priority_levels: 3 default_priority_level: 2 }\n"
        'parameters { key: "sconce.cuda_graphs" '
        f'value {{ string_value: "{graphs}" }} }}\n',
    )
    with (
        serve(device_binary, tmp_path, fake="count=1,run_us=500") as server,
        InferenceServerClient(server.grpc_address) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        asked = [
            pool.submit(
                check_times,
                client,
                rows=1 + seed % 8,
                seed=seed,
                priority=seed % 4,
            )
            for seed in range(300)
        ]
        for future in asked:
            future.result()
