#!/usr/bin/env python3
"""Whether sconce-load keeps its schedule and its size: `make bench-load`.

Three self-tests against the echo, on the machine's own cores: a schedule of
10,000 requests a second, 100,000 requests outstanding at a server that stands
still, and the memory of a long run (`--long SECONDS`, an hour by choice).

Exit status 1 when a goal is missed. The figures have the shape of bench.py's.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests/support/python")]

import report  # noqa: E402
from sconce_support.echo import Echo, stalled  # noqa: E402
from sconce_support.load import Load  # noqa: E402

NAME = "sconce-load"

_PAYLOAD = ["--model", "echo", "--shape", "x=25"]  # 100 bytes
_RATE = 10_000
_GOAL_LAG_US = 1000.0
_GOAL_OUTSTANDING = 100_000
_STILL_SECONDS = 13.0
_LONG_RATE = 1000
# However long a run is: at most 4096 bins of time with a histogram of some 10 kB
# each, and what calls take.
_GOAL_MEGABYTES = 128.0


@dataclass
class Sizes:
    """Resident memory of a process in bytes, read each second."""

    samples: list[int]

    @property
    def largest(self) -> int:
        return max(self.samples)

    @property
    def growth(self) -> float:
        """The largest of all against the largest of the first tenth."""
        early = max(1, len(self.samples) // 10)
        return self.largest / max(self.samples[:early])


def _resident(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * 4096


def _watch(pid: int, stop: threading.Event, sizes: Sizes) -> None:
    while not stop.wait(1.0):
        try:
            sizes.samples.append(_resident(pid))
        except OSError:
            return


def _run(
    load: Load, *flags: str, beside: Callable[[Any], Any] | None = None
) -> tuple[dict[str, Any], Sizes]:
    """A run's report and sizes; `beside` is entered while it runs."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "report.json"
        process = subprocess.Popen(
            [load.program, *flags, "--quiet", "--output", output],
            stdout=subprocess.DEVNULL,
        )
        stop, sizes = threading.Event(), Sizes([])
        watcher = threading.Thread(
            target=_watch, args=(process.pid, stop, sizes)
        )
        watcher.start()
        if beside is None:
            process.wait()
        else:
            with beside(process):
                process.wait()
        stop.set()
        watcher.join()
        return json.loads(output.read_text()), sizes


def schedule(load: Load, rounds: int) -> list[report.Row]:
    lags = []
    for _ in range(rounds):
        with Echo(load.program.parent) as echo:
            seen, _ = _run(load, echo.address, *_PAYLOAD, "--rate",
                           str(_RATE), "--duration", "10")
        lags.append(seen["send_lag"]["p99_ms"] * 1000)
    print(report.line("lag_p99_10000_per_s", lags, _GOAL_LAG_US, at_most=True))
    return [report.row(NAME, "lag_p99_10000_per_s", sorted(lags)[rounds // 2],
                       "us", _GOAL_LAG_US, at_most=True)]


def outstanding(load: Load) -> list[report.Row]:
    """The echo stands still; what was due meanwhile is under way."""
    with Echo(load.program.parent) as echo:
        seen, sizes = _run(
            load, echo.address, *_PAYLOAD, "--rate", str(_RATE), "--warmup",
            "0.5", "--duration", "15",
            beside=lambda _: stalled(echo.process, 1.5, _STILL_SECONDS),
        )
    assert set(seen["codes"]) == {"OK"}, seen["codes"]
    assert seen["requests"]["unsent"] == 0
    # Those that waited for at least as long as the rest of the stand-still.
    least = sum(
        number for upper, number in seen["latency"]["buckets"]
        if upper >= 500
    )
    each = sizes.largest / least
    print(report.line("outstanding", [least], _GOAL_OUTSTANDING))
    print(f"    {each / 1000:.1f} kB for each, all answered")
    return [
        report.row(NAME, "outstanding", least, "requests", _GOAL_OUTSTANDING),
        report.row(NAME, "bytes_per_outstanding", each, "bytes"),
    ]


def long_run(load: Load, seconds: float) -> list[report.Row]:
    with Echo(load.program.parent) as echo:
        _, sizes = _run(load, echo.address, *_PAYLOAD, "--rate",
                        str(_LONG_RATE), "--duration", str(seconds))
    name, megabytes = f"memory_{seconds:.0f}_s", sizes.largest / 1e6
    print(report.line(name, [megabytes], _GOAL_MEGABYTES, at_most=True))
    print(f"    {sizes.growth:.2f} of the memory after a tenth of the time")
    return [report.row(NAME, name, megabytes, "MB", _GOAL_MEGABYTES,
                       at_most=True)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", type=Path,
                        default=_ROOT / "build/bin/sconce-load")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=float, default=120.0,
                        metavar="SECONDS")
    options = parser.parse_args()
    load = Load(options.program)
    print(NAME)
    rows = schedule(load, options.rounds)
    rows += outstanding(load)
    rows += long_run(load, options.long)
    return 0 if all(row["met"] is not False for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
