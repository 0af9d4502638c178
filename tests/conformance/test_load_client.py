"""The benchmark's client, held against a bare echo: whether it tells the truth.

A client that waits for answers before it sends would hide a server that stalls;
one that checks nothing would count wrong answers as good ones.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sconce_support.echo import Echo, stalled

_RATE = 300
_SECONDS = 4
_STALL_SECONDS = 0.6


@pytest.fixture(scope="module")
def programs(binary: Path) -> Path:
    """The folder of the benchmark's programs."""
    if not (binary.parent / "sconce-bench-client").is_file():
        pytest.skip("the benchmark's programs are not beside the server")
    return binary.parent


@pytest.fixture
def echo(programs: Path) -> Iterator[Echo]:
    with Echo(programs) as made:
        yield made


@pytest.fixture
def messages(tmp_path: Path) -> list[Path]:
    """Two requests that differ."""
    made = [tmp_path / "first", tmp_path / "second"]
    for path in made:
        path.write_bytes(path.name.encode())
    return made


def load(
    echo: Echo, programs: Path, *flags: str | Path, code: int = 0
) -> dict[str, Any]:
    command = [programs / "sconce-bench-client", "--target", echo.address]
    command += [*flags, "--verify-every", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def open_loop(*more: str) -> list[str]:
    return ["--rate", str(_RATE), "--seconds", str(_SECONDS), *more]


def test_an_open_loop_keeps_its_rate(
    echo: Echo, programs: Path, messages: list[Path]
) -> None:
    request = ["--request", messages[0]]
    seen = load(echo, programs, *request, *open_loop())
    again = load(echo, programs, *request, *open_loop())
    other = load(echo, programs, *request, *open_loop("--seed", "2"))
    # Five standard deviations of a Poisson process.
    assert abs(seen["offered"] - _RATE * _SECONDS) < 5 * 35
    assert again["offered"] == seen["offered"]
    assert other["offered"] != seen["offered"]
    assert seen["statuses"] == {"OK": seen["offered"]}
    assert sum(seen["good_by_second"]) == seen["good"]


def test_a_stall_of_the_server_shows(
    echo: Echo, programs: Path, messages: list[Path]
) -> None:
    """A closed loop would have one slow request; here each one that was due
    meanwhile is."""
    flags = open_loop("--warmup-seconds", "0.2")
    with stalled(echo.process, after=1.5, seconds=_STALL_SECONDS):
        seen = load(echo, programs, "--request", messages[0], *flags)
    # The stall is a seventh of the window.
    assert seen["latency_us"]["p99"] > 0.7 * _STALL_SECONDS * 1e6
    assert seen["latency_us"]["max"] > 0.9 * _STALL_SECONDS * 1e6
    assert seen["latency_us"]["p50"] < 0.3 * _STALL_SECONDS * 1e6


def test_what_misses_its_deadline_is_not_good(
    echo: Echo, programs: Path, messages: list[Path]
) -> None:
    flags = open_loop("--timeout", "0.1")
    with stalled(echo.process, after=1.5, seconds=1):
        seen = load(echo, programs, "--request", messages[0], *flags)
    assert seen["statuses"]["DEADLINE_EXCEEDED"] > 0
    assert seen["good"] < seen["offered"]


def test_a_client_with_enough_under_way_says_what_it_did_not_send(
    echo: Echo, programs: Path, messages: list[Path]
) -> None:
    flags = [*open_loop("--most-under-way", "10"), "--request", messages[0]]
    with stalled(echo.process, after=1.5, seconds=1):
        seen = load(echo, programs, *flags, code=1)
    assert seen["unsent"] > 100
    assert seen["statuses"]["OK"] + seen["unsent"] == seen["offered"]


@pytest.mark.parametrize("loop", [open_loop(), ["--seconds", "0.5"]])
def test_wrong_answers_are_counted(
    echo: Echo, programs: Path, messages: list[Path], loop: list[str]
) -> None:
    first, second = messages
    right = ["--request", first, "--request", second,
             "--expect", first, "--expect", second]
    swapped = ["--request", first, "--request", second,
               "--expect", second, "--expect", second]
    assert load(echo, programs, *right, *loop)["wrong"] == 0
    seen = load(echo, programs, *swapped, *loop, code=1)
    assert 0.45 < seen["wrong"] / seen["checked"] < 0.55


def test_each_request_needs_its_answer(
    echo: Echo, programs: Path, messages: list[Path]
) -> None:
    command = [programs / "sconce-bench-client", "--target", echo.address]
    command += ["--request", messages[0], "--request", messages[1]]
    command += ["--expect", messages[0]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "2 requests and 1 answers" in done.stderr
