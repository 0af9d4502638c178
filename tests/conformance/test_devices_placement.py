"""instance_group: on which devices a model runs, and which are refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from sconce.export import export
from tritonclient.grpc import InferenceServerClient

from sconce_support.admin import Scrape
from sconce_support.device_models import MODEL, check_times, write_times
from sconce_support.factor_models import Times, index_of
from sconce_support.fake_devices import DeviceServer
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

# What a device holds for its batches, as none was on it: nothing.
ALLOCATED = "sconce_device_memory_allocated_bytes"
EXECUTION = "sconce_device_execution_seconds_total"

# So long that those who come meanwhile find the device busy.
TWO_SLOW_DEVICES = "count=2,run_us=20000"
REQUESTS = 32


def by_device(server: ServerProcess, name: str) -> dict[str, float]:
    families = Scrape(server.http_address).families.values()
    samples = [sample for family in families for sample in family.samples]
    return {
        sample.labels["device"]: sample.value
        for sample in samples
        if sample.name == name
    }


def allocated(server: ServerProcess) -> dict[str, float]:
    return by_device(server, ALLOCATED)


def ask_at_once(server: ServerProcess) -> None:
    with (
        InferenceServerClient(server.grpc_address) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        asked = (
            pool.submit(check_times, client, rows=8, seed=seed)
            for seed in range(REQUESTS)
        )
        for future in list(asked):
            future.result()


@contextmanager
def serve(
    binary: Path, folder: Path, group: str, *flags: str
) -> Iterator[ServerProcess]:
    write_times(folder, f"instance_group {{ {group} }}" if group else "")
    with DeviceServer(
        [folder],
        "--model-probe=false",
        *flags,
        binary=binary,
        fake=TWO_SLOW_DEVICES,
        wait_until_ready=False,
    ) as server:
        yield server


@pytest.mark.parametrize(
    "group",
    ["", "kind: KIND_AUTO", "kind: KIND_GPU", "gpus: [ 1, 0 ]", "count: 3"],
)
def test_all_devices_have_work(
    device_binary: Path, tmp_path: Path, group: str
) -> None:
    with serve(device_binary, tmp_path, group) as server:
        server.wait_ready()
        loaded = by_device(server, EXECUTION)
        ask_at_once(server)
        served = by_device(server, EXECUTION)
    for device in ("cuda:0", "cuda:1"):
        assert served[device] > loaded[device] > 0


def test_the_config_tells_the_placement(
    device_binary: Path, tmp_path: Path
) -> None:
    graphs = (
        '} parameters { key: "sconce.cuda_graphs" '
        'value { string_value: "auto" }'
    )
    group = f"kind: KIND_GPU gpus: [ 1, 0 ] count: 3 {graphs}"
    with (
        serve(device_binary, tmp_path, group) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        server.wait_ready()
        config = client.get_model_config(MODEL).config
    (told,) = config.instance_group
    assert told.Kind.Name(told.kind) == "KIND_GPU"
    assert (sorted(told.gpus), told.count) == ([0, 1], 3)
    assert config.parameters["sconce.cuda_graphs"].string_value == "auto"


def test_every_place_is_warm_when_the_server_is_ready(
    device_binary: Path, tmp_path: Path
) -> None:
    """The largest batches find memory on whichever thread of whichever lane
    they come to."""
    with serve(device_binary, tmp_path, "") as server:
        server.wait_ready()
        loaded = allocated(server)
        ask_at_once(server)
        assert allocated(server) == loaded


def test_golden_examples_are_asked_on_every_device(
    device_binary: Path, tmp_path: Path
) -> None:
    """One example and two devices, of which the second gets it wrong."""
    path = tmp_path / MODEL / "1/model.pt"
    path.parent.mkdir(parents=True)
    export(Times(2).eval(), (torch.ones(2, 3),), path)
    with (
        DeviceServer(
            [tmp_path],
            "--model-probe=false",
            binary=device_binary,
            fake="count=2,fail_copy=1,fail_device=1",
            wait_until_ready=False,
        ) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        reason = eventually(lambda: failure_of(client), "the end of the load")
    assert "golden example" in reason
    assert "could be run at export and cannot here" in reason
    assert "device 'cuda:1': the call failed" in reason


@pytest.mark.parametrize("group", ["gpus: [ 1 ]", "kind: KIND_GPU gpus: 1"])
def test_only_the_named_device_has(
    device_binary: Path, tmp_path: Path, group: str
) -> None:
    with serve(device_binary, tmp_path, group) as server:
        server.wait_ready()
        ask_at_once(server)
        served = allocated(server)
    assert served["cuda:0"] == 0
    assert served["cuda:1"] > 0


def test_on_the_cpu_no_device_has(device_binary: Path, tmp_path: Path) -> None:
    with serve(device_binary, tmp_path, "kind: KIND_CPU") as server:
        server.wait_ready()
        ask_at_once(server)
        assert allocated(server) == {"cuda:0": 0, "cuda:1": 0}


@pytest.mark.parametrize("group", ["kind: KIND_GPU", "gpus: [ 7 ]"])
def test_a_server_for_the_cpu_runs_models_of_gpus_there(
    device_binary: Path, tmp_path: Path, group: str
) -> None:
    with serve(device_binary, tmp_path, group, "--device=cpu") as server:
        server.wait_ready()
        ask_at_once(server)
        optimized = server.log.wait_for(
            lambda e: e["message"] == "model optimized", "a load", 60
        )
        warning = server.log.wait_for(
            lambda e: e["message"].startswith("instance_group wants GPUs"),
            "a warning",
            60,
        )
        assert warning["model"] == MODEL
        assert optimized["device"] == "cpu"


@pytest.mark.parametrize(
    ("group", "flag", "reason"),
    [
        (
            "gpus: [ 0, 7 ]",
            "--device=auto",
            "instance_group.gpus names device 7, but the server uses 0, 1; ",
        ),
        (
            "gpus: [ 0 ]",
            "--device=cuda:1",
            "instance_group.gpus names device 0, but the server uses 1; ",
        ),
        (
            "kind: KIND_CPU gpus: [ 0 ]",
            "--device=auto",
            "instance_group has KIND_CPU and gpus; leave one of them out",
        ),
        (
            "kind: KIND_CPU } instance_group { kind: KIND_GPU",
            "--device=auto",
            "instance_group asks for KIND_CPU and KIND_GPU; ",
        ),
        (
            "gpus: [ -1 ]",
            "--device=auto",
            "instance_group.gpus holds -1, expected an index >= 0",
        ),
    ],
)
def test_what_cannot_be_fails_the_load(
    device_binary: Path, tmp_path: Path, group: str, flag: str, reason: str
) -> None:
    with (
        serve(device_binary, tmp_path, group, flag) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        told = eventually(lambda: failure_of(client), "the end of the load")
    assert reason in told


def failure_of(client: InferenceServerClient) -> str:
    """The reason why no version is there, once it is known."""
    for state, reason in index_of(client, MODEL).values():
        if state == "UNAVAILABLE" and reason:
            return reason
    return ""
