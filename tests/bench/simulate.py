#!/usr/bin/env python3
"""Compares batching policies in a simulation and prints the tables.

    simulate.py [--bin build/bin] [--requests 30000] [--json FILE]

Nothing is measured, so that the figures are the same on every machine and in
every run. What is simulated is the policy that the server ships
(README.md, "The simulator").
"""

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Run = dict[str, Any]
Figures = dict[str, Any]

POLICIES = ("fifo", "timeout", "early_drop", "sconce")
LOADS = (0.3, 0.7, 0.95, 1.2, 2, 5)
LANES = (1, 2)
_SECONDS = 600


@dataclass(frozen=True)
class Setting:
    """Run times l(b) = base + row * b, in ms, and the time to answer."""

    base: float
    row: float
    batch: int
    time: float
    noise: float

    @property
    def full_batch(self) -> float:
        return self.base + self.row * self.batch

    def __str__(self) -> str:
        times = self.time / self.full_batch
        return (
            f"l(b) = {self.base:g} + {self.row:g} b ms, B = {self.batch}, "
            f"D = {self.time:g} ms ({times:.1f} l(B)), noise {self.noise:.0%}"
        )


SETTINGS = (
    Setting(5, 0.1, 64, 50, 0.0),
    Setting(5, 0.1, 64, 50, 0.15),
    Setting(5, 0.1, 64, 25, 0.15),
    Setting(15, 36, 8, 1000, 0.15),
    Setting(5, 33, 8, 807, 0.15),  # like resnet18
)


def simulate(binaries: Path, runs: list[Run]) -> list[Figures]:
    """The figures of each run, of which workload_json.h says what it holds."""
    done = subprocess.run(
        [str(binaries / "sconce-simulate")],
        input=json.dumps(runs),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    if done.returncode != 0:
        sys.exit(done.stderr)
    figures: list[Figures] = json.loads(done.stdout)
    return figures


def describe(
    setting: Setting, lanes: int, load: float, policy: str, requests: int
) -> Run:
    model = {
        "base_ms": setting.base,
        "row_ms": setting.row,
        "noise": setting.noise,
        "max_batch": setting.batch,
    }
    return {
        "policy": policy,
        "lanes": lanes,
        "requests": requests,
        "models": [model],
        "streams": [{"load": load, "time_ms": setting.time}],
    }


def line(load: float, figures: dict[str, Figures]) -> str:
    ours = figures["sconce"]
    cells = [f"{load:g}"]
    cells += [f"{figures[policy]['goodput']:.3f}" for policy in POLICIES]
    cells += [
        f"{figures['fifo']['mean_batch']:.1f}",
        f"{ours['mean_batch']:.1f}",
        f"{ours['in_time']:.2%}",
        f"{ours['rejected'] / ours['offered']:.1%}",
        f"{ours['p50_ms']:.1f} / {ours['p99_ms']:.1f}"
        f" / {ours['p99.9_ms']:.1f}",
    ]
    return "| " + " | ".join(cells) + " |"


def table(setting: Setting, lanes: int, rows: list[str]) -> str:
    heads = ["load", *POLICIES, "batch, fifo", "batch", "in time", "rejected",
             "p50 / p99 / p99.9 ms"]
    head = "| " + " | ".join(heads) + " |"
    rule = "|" + "---|" * len(heads)
    title = f"{setting}, {lanes} lane{'s' if lanes > 1 else ''}"
    return "\n".join(["", title, "", head, rule, *rows])


def report(binaries: Path, requests: int) -> list[Run]:
    """Prints the tables; returns each run with its figures."""
    print("Goodput by policy, as a share of capacity; the rest is of sconce.")
    seen: list[Run] = []
    for setting in SETTINGS:
        for lanes in LANES:
            runs = [
                describe(setting, lanes, load, policy, requests)
                for load in LOADS
                for policy in POLICIES
            ]
            results = simulate(binaries, runs)
            seen += [
                {**run, "figures": result}
                for run, result in zip(runs, results, strict=True)
            ]
            rows = []
            for i, load in enumerate(LOADS):
                first = i * len(POLICIES)
                part = results[first:first + len(POLICIES)]
                rows.append(line(load, dict(zip(POLICIES, part, strict=True))))
            print(table(setting, lanes, rows), flush=True)
    return seen


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=Path("build/bin"))
    parser.add_argument("--requests", type=int, default=30000)
    parser.add_argument("--json", type=Path, help="all figures go there too")
    options = parser.parse_args()
    seen = report(options.bin, options.requests)
    if options.json:
        options.json.write_text(json.dumps(seen, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
