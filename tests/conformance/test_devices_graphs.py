"""sconce.cuda_graphs: what is recorded at load, and answers out of it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from sconce.export import export
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.admin import Scrape
from sconce_support.config_file import add_to_config
from sconce_support.device_models import (
    MOST_ROWS,
    ROW_BYTES,
    check_times,
    write_times,
)
from sconce_support.factor_models import index_of
from sconce_support.fake_devices import DeviceServer
from sconce_support.inference import infer_inputs
from sconce_support.model_cache import MakeRepository
from sconce_support.server_log import Event
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

RECORDED = "call recorded"
NOT_RECORDED = "calls are not recorded in CUDA graphs; they run without"
LANES = 2
MIB = 1 << 20
X = np.float32([-0.5, 1])


def graphs(value: str) -> str:
    return (
        'parameters { key: "sconce.cuda_graphs" '
        f'value {{ string_value: "{value}" }} }}'
    )


@contextmanager
def serve(
    binary: Path, folder: Path, fake: str = ""
) -> Iterator[tuple[ServerProcess, InferenceServerClient]]:
    flags = ("--model-probe=false", "--lanes", str(LANES))
    with (
        DeviceServer([folder], *flags, binary=binary, fake=fake) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        yield server, client


def events(server: ServerProcess, message: str) -> list[Event]:
    """Those of the loads, which have ended when the log says so."""
    server.log.wait_for(lambda e: e["message"] == "ready", "readiness", 60)
    return [e for e in server.log.events() if e["message"] == message]


def check_all_sizes(client: InferenceServerClient) -> None:
    """Alone, so that each is padded, and many at the same time."""
    for rows in range(1, MOST_ROWS + 1):
        check_times(client, rows, seed=rows)
    with ThreadPoolExecutor(8) as pool:
        asked = [
            pool.submit(check_times, client, rows=1 + seed % 5, seed=seed)
            for seed in range(200)
        ]
    for future in asked:
        future.result()


@pytest.mark.parametrize("devices", [1, 2])
def test_on_records_all_buckets_in_all_lanes(
    device_binary: Path, tmp_path: Path, devices: int
) -> None:
    write_times(tmp_path, graphs("on"))
    fake = f"count={devices}"
    with serve(device_binary, tmp_path, fake) as (server, client):
        recorded = events(server, RECORDED)
        check_all_sizes(client)
    found = [(e["device"], e["rows"]) for e in recorded]
    expected = [
        (f"cuda:{device}", rows)
        for device in range(devices)
        for rows in (1, 2, 4, MOST_ROWS)
        for _ in range(LANES)
    ]
    assert found == expected
    assert all(e["model"] == "times" and e["kept"] for e in recorded)


def test_auto_tells_what_it_keeps(device_binary: Path, tmp_path: Path) -> None:
    write_times(tmp_path, graphs("auto"))
    with serve(device_binary, tmp_path) as (server, client):
        recorded = events(server, RECORDED)
        check_all_sizes(client)
    assert {e["rows"] for e in recorded} == {1, 2, 4, MOST_ROWS}
    for event in recorded:
        gains = event["seconds"] < 0.9 * event["seconds_without"]
        assert event["kept"] == gains


def test_lanes_share_memory_among_their_calls_and_it_is_told(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path, graphs("on"))
    with serve(device_binary, tmp_path, "graph_memory=4MiB") as (server, _):
        assert len(events(server, RECORDED)) == LANES * len((1, 2, 4, MOST_ROWS))
        scrape = Scrape(server.http_address)
    inputs = (1 + 2 + 4 + MOST_ROWS) * ROW_BYTES
    labels = {"model": "times", "version": "1", "device": "cuda:0"}
    kept = scrape.value("sconce_model_graphs_bytes", **labels)
    assert kept == LANES * (4 * MIB + inputs)
    promised = scrape.value("sconce_device_model_memory_bytes")
    assert kept < promised < kept + MIB


def test_auto_stops_before_the_memory_is_short(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path, graphs("auto"))
    fake = "memory=64MiB,graph_memory=16MiB,run_us=20000"
    with serve(device_binary, tmp_path, fake) as (server, client):
        (kept,) = events(server, RECORDED)
        (told,) = events(server, NOT_RECORDED)
        check_times(client, rows=1)
        check_times(client, rows=MOST_ROWS)
    assert kept["rows"] == 1 and kept["kept"]
    assert told["graphs"] == 1
    assert told["reason"].startswith("device 'cuda:0' has ")
    assert "could exceed four fifths of its limit" in told["reason"]


@pytest.mark.parametrize("config", ["", graphs("off")])
def test_off_is_the_default(
    device_binary: Path, tmp_path: Path, config: str
) -> None:
    write_times(tmp_path, config)
    with serve(device_binary, tmp_path) as (server, client):
        check_all_sizes(client)
        assert not events(server, RECORDED) + events(server, NOT_RECORDED)


def test_on_the_cpu_nothing_is_recorded(binary: Path, tmp_path: Path) -> None:
    write_times(tmp_path, graphs("on"))
    with (
        ServerProcess([tmp_path], "--device=cpu", binary=binary) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        check_all_sizes(client)
        assert not events(server, RECORDED)
        (told,) = events(server, NOT_RECORDED)
    assert told["reason"] == "the model runs on the processors"


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


PADDED = """
max_batch_size: 2
input [ { name: "x", data_type: TYPE_FP32, dims: [ -1 ] } ]
output [ { name: "output_0", data_type: TYPE_FP32, dims: [ -1 ] } ]
parameters { key: "sconce.batching" value { string_value: "trusted" } }
parameters { key: "sconce.padding" value { string_value:
  "inputs=x:1 sizes=2,4,8 outputs=output_0:1; harmless" } }
"""


def test_lengths_that_are_padded_are_recorded(
    device_binary: Path, tmp_path: Path
) -> None:
    """From the example's on, as they are padded."""
    (tmp_path / "net/1").mkdir(parents=True)
    export(Doubled().eval(), (torch.ones(2, 3),), tmp_path / "net/1/model.pt")
    add_to_config(tmp_path, "net", PADDED + graphs("on"))
    with serve(device_binary, tmp_path) as (server, client):
        recorded = events(server, RECORDED)
        for length in (1, 2, 3, 4, 5, 8, 9):
            x = np.arange(length, dtype=np.float32)[np.newaxis]
            result = client.infer("net", infer_inputs({"x": x}))
            np.testing.assert_array_equal(result.as_numpy("output_0"), 2 * x)
    assert [event["shape"] for event in recorded] == [
        f"[{rows},{length}]"
        for length in (4, 8)
        for rows in (1, 2)
        for _ in range(LANES)
    ]


class Scaled(nn.Module):
    def forward(self, x: Tensor, factor: float = 2.0) -> Tensor:
        return x * factor


class Signs(nn.Module):
    def forward(self, x: Tensor) -> list[str]:
        return ["below" if v < 0 else "above" for v in x.unbind()]


class Copies(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        factor = torch.full([1], 2.0).to(x.device, non_blocking=True)
        return x * factor


def with_a_copy(path: Path) -> str:
    export(Copies().eval(), (torch.from_numpy(X),), path, how="script")
    return ""


def with_a_number(path: Path) -> str:
    export(Scaled().eval(), (torch.from_numpy(X), 2.0), path, how="script")
    return ""


def with_text(path: Path) -> str:
    torch.jit.script(Signs().eval()).save(path)
    return 'input { name: "x" data_type: TYPE_FP32 dims: [ 2 ] }'


def without_examples(path: Path) -> str:
    torch.jit.script(Scaled().eval()).save(path)
    return ""


@pytest.mark.parametrize(
    ("write", "answer", "reason"),
    [
        (with_a_number, [-1, 2], "it takes values that are no tensors"),
        (
            with_text,
            [b"below", b"above"],
            "it returns text, which is no work of a device",
        ),
        (
            with_a_copy,
            [-1, 2],
            "it copies with non_blocking (aten::to), ",
        ),
        (
            without_examples,
            [-1, 2],
            "there is nothing to call it with at load; ",
        ),
    ],
)
def test_what_is_not_recorded_is_served_and_the_log_says_why(
    device_binary: Path,
    tmp_path: Path,
    write: Callable[[Path], str],
    answer: list,
    reason: str,
) -> None:
    (tmp_path / "net/1").mkdir(parents=True)
    config = write(tmp_path / "net/1/model.pt")
    add_to_config(tmp_path, "net", config + graphs("on"))
    with serve(device_binary, tmp_path) as (server, client):
        (told,) = events(server, NOT_RECORDED)
        result = client.infer("net", infer_inputs({"x": X}))
        assert result.as_numpy("output_0").tolist() == answer
    assert told["model"] == "net" and told["method"] == "forward"
    assert told["graphs"] == 0
    assert told["reason"].startswith(reason)


def test_a_stateful_model_is_never_recorded(
    device_binary: Path, repository: MakeRepository
) -> None:
    folder = add_to_config(
        repository("silero_vad"), "silero_vad", graphs("on")
    )
    with serve(device_binary, folder) as (server, _):
        assert not events(server, RECORDED)
        told = events(server, NOT_RECORDED)
    assert {event["reason"] for event in told} == {"the model changes itself"}


def test_another_value_is_refused_by_name(
    device_binary: Path, tmp_path: Path
) -> None:
    write_times(tmp_path, graphs("always"))
    with (
        DeviceServer(
            [tmp_path], binary=device_binary, wait_until_ready=False
        ) as server,
        InferenceServerClient(server.grpc_address) as client,
    ):
        reason = eventually(
            lambda: "".join(r for _, r in index_of(client, "times").values()),
            "the end of the load",
        )
    assert "sconce.cuda_graphs" in reason
    assert "'always'" in reason
    assert "'off', 'auto' or 'on'" in reason
