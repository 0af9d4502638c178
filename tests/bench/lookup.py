"""What it costs a request to find its model among a thousand.

A micro-benchmark: the registry alone, with models that do nothing.
"""

import argparse
import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import report
from contenders import RunFailed

NAME = "lookup"

_SECONDS = 120
_THREADS = (1, 2, 4)
_LOOKUP_GOAL_NS = 100.0
_INDEX_GOAL_MS = 10.0


def measure(options: argparse.Namespace) -> list[report.Row]:
    made = []
    for which, flags in (("same_model", ["--same-model"]), ("models", [])):
        for threads in _THREADS:
            command = [*flags, "--threads", str(threads)]
            seen = [_look_up(options.bin, command)
                    for _ in range(options.rounds)]
            made += _report(f"{NAME}_{which}_{threads}", threads, seen)
    return made


def _look_up(binaries: Path, flags: Sequence[str]) -> dict[str, Any]:
    command = [str(binaries / "sconce-bench-lookup"), *flags]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS
    )
    if done.returncode != 0:
        raise RunFailed(f"{' '.join(command)}\n{done.stderr}")
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _report(
    scenario: str, threads: int, seen: list[dict[str, Any]]
) -> list[report.Row]:
    print(f"\n{scenario}")
    figures: list[tuple[str, str, float | None]] = [
        # Threads of one model share the count of its handles: no goal there.
        ("cpu", "ns", _cpu_goal(scenario, threads)),
        ("wall", "ns", None),
        ("index", "ms", _INDEX_GOAL_MS),
    ]
    made = []
    for metric, unit, goal in figures:
        values = [each[f"{metric}_{unit}"] for each in seen]
        print(report.line(metric, values, goal, at_most=True), flush=True)
        made += report.spread(
            scenario, metric, values, unit, goal, at_most=True)
    return made


def _cpu_goal(scenario: str, threads: int) -> float | None:
    if "same" in scenario and threads > 1:
        return None
    cores = len(os.sched_getaffinity(0))
    return _LOOKUP_GOAL_NS if threads <= cores else None
