"""--device and --gpu-memory-fraction: what starts, and what the log says."""

import re
import subprocess
from pathlib import Path

import pytest

from sconce_support.admin import Scrape
from sconce_support.fake_devices import DeviceServer
from sconce_support.model_cache import MakeRepository

PORTS = "--grpc-port 0 --http-port 0 --management-address 127.0.0.1:0".split()
LANES = "sconce_device_lanes"

# The second where there is a GPU, which a server without the module cannot use.
WHY_NOT = re.compile("no NVIDIA device|there is no .*libsconce_cuda.so")


@pytest.fixture(scope="module")
def folder(repository: MakeRepository) -> Path:
    return repository("mlp_batched")


def refused(
    binary: Path, folder: Path, *flags: str, fake: str = ""
) -> tuple[int, list[str]]:
    """The exit code, and the lines at and above errors, of a server that is
    expected not to start."""
    done = subprocess.run(
        [binary, "--model-repository", folder, *PORTS, *flags]
        + ["--log-level=error"],
        env={"SCONCE_FAKE_DEVICE": fake},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == ""
    return done.returncode, done.stderr.splitlines()


@pytest.mark.parametrize(
    ("choice", "devices"),
    [
        ("auto", ["cuda:0", "cuda:1"]),
        ("cuda", ["cuda:0", "cuda:1"]),
        ("cuda:0", ["cuda:0"]),
        ("cuda:1", ["cuda:1"]),
        ("cuda:1,0,1", ["cuda:0", "cuda:1"]),
        ("cpu", []),
    ],
)
def test_devices_of_the_server(
    device_binary: Path, folder: Path, choice: str, devices: list[str]
) -> None:
    with DeviceServer(
        [folder], f"--device={choice}", binary=device_binary, fake="count=2"
    ) as server:
        families = Scrape(server.http_address).families
        found = families[LANES].samples if LANES in families else []
        assert [sample.labels["device"] for sample in found] == devices
        told = [
            event
            for event in server.log.events()
            if event["message"] == "devices found"
        ]
    if choice == "cpu":
        assert told == []
    else:
        assert [(e["with"], e["count"]) for e in told] == [("fake devices", 2)]


@pytest.mark.parametrize(
    ("fake", "reason"),
    [
        ("fail_open=0", "device 'cuda:0': it cannot be opened"),
        # Two lanes that serve and one for loads, of four streams each.
        ("streams=11,fail_device=0", "all 11 streams are in use"),
    ],
)
def test_a_device_that_cannot_be_used(
    device_binary: Path, folder: Path, fake: str, reason: str
) -> None:
    with DeviceServer([folder], binary=device_binary, fake=fake) as server:
        told = server.log.wait_for(
            lambda e: e["message"] == "a device is not used", "a warning", 60
        )
        assert (told["level"], told["device"]) == ("warning", 0)
        assert reason in told["reason"]
        assert LANES not in Scrape(server.http_address).families
    code, lines = refused(
        device_binary, folder, "--device=cuda:0", fake=fake
    )
    assert (code, len(lines)) == (1, 1)
    assert reason in lines[0]


def test_a_device_that_is_not_there(device_binary: Path, folder: Path) -> None:
    code, lines = refused(
        device_binary, folder, "--device=cuda:0,9", fake="count=2"
    )
    assert (code, len(lines)) == (1, 1)
    assert "--device names cuda:9" in lines[0]
    assert "there are 2 devices" in lines[0]


@pytest.mark.parametrize(
    "choice",
    "gpu cuda: cuda:x cuda:0, cuda:,1 cuda:-1 cuda:0;1 CUDA cpu,cuda 0".split(),
)
def test_no_device_at_all(
    device_binary: Path, folder: Path, choice: str
) -> None:
    code, lines = refused(device_binary, folder, f"--device={choice}")
    assert (code, len(lines)) == (2, 1)
    assert f"--device: '{choice}' is no device; write auto, cpu" in lines[0]


@pytest.mark.parametrize("choice", ["cuda", "cuda:0"])
def test_gpus_are_wanted_where_there_is_no_module(
    bare_binary: Path, folder: Path, choice: str
) -> None:
    code, lines = refused(bare_binary, folder, f"--device={choice}")
    assert (code, len(lines)) == (1, 1)
    assert "--device wants GPUs: " in lines[0]
    assert WHY_NOT.search(lines[0])


def test_without_a_module_auto_is_the_cpu_and_one_line_says_why(
    bare_binary: Path, folder: Path
) -> None:
    with DeviceServer([folder], binary=bare_binary) as server:
        (line,) = [
            event
            for event in server.log.events()
            if event["message"] == "CUDA is not used"
        ]
        assert WHY_NOT.search(line["reason"])
        assert LANES not in Scrape(server.http_address).families


@pytest.mark.parametrize("value", ["0", "1.1", "-0.5", "half", "90%", ""])
def test_no_fraction_of_a_memory(
    device_binary: Path, folder: Path, value: str
) -> None:
    flag = f"--gpu-memory-fraction={value}"
    code, lines = refused(device_binary, folder, flag)
    assert (code, len(lines)) == (2, 1)
    assert "--gpu-memory-fraction" in lines[0]


@pytest.mark.parametrize("fraction", [0.25, 1])
def test_the_fraction_is_the_limit(
    device_binary: Path, folder: Path, fraction: float
) -> None:
    with DeviceServer(
        [folder],
        f"--gpu-memory-fraction={fraction}",
        binary=device_binary,
        fake="memory=64MiB",
    ) as server:
        scrape = Scrape(server.http_address)
    assert scrape.value("sconce_device_memory_bytes") == 64 << 20
    limit = scrape.value("sconce_device_memory_limit_bytes")
    assert limit == fraction * (64 << 20)
