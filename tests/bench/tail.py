"""The slowest answers of a server that is busy, not overloaded.

An open loop at 70 % of the capacity that a closed loop has found just before.
How far the 99.9th percentile is from the median is what users of the unlucky
thousandth see. `answers` says how many that percentile rests on.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import report
import scoreboard_models
from contenders import closed_load
from open_load import OpenLoad, OpenWindow
from sconce_support.server_process import ServerProcess
from scoreboard_models import BATCH
from serving import open_loop_lanes, serving
from workloads import Workload

NAME = "tail_70"

_LOAD = 0.7
_TIME = 10  # windows of a closed loop
_DEADLINE_SECONDS = 10.0
_GOAL = 5.0
_SLOWEST_GOAL = 10.0


def measure(options: argparse.Namespace) -> list[report.Row]:
    made = []
    with TemporaryDirectory() as name:
        folder = Path(name)
        works = {
            "steady": (scoreboard_models.steady(folder), 4 * BATCH),
            "mlp": (Workload("mlp_batched", (1, 32), folder), 64),
        }
        models = [work for work, _ in works.values()]
        lanes = open_loop_lanes(options)
        with serving(options, lanes, *models) as server:
            for label, (work, outstanding) in works.items():
                seen = [
                    _measure(options, server, work, outstanding)
                    for _ in range(options.rounds)
                ]
                made += _report(f"{NAME}_{label}", seen)
    return made


def _measure(
    options: argparse.Namespace,
    server: ServerProcess,
    work: Workload,
    outstanding: int,
) -> OpenWindow:
    capacity = closed_load(
        options, server, work, outstanding, options.seconds).measure()
    return OpenLoad(
        binaries=options.bin,
        server=server,
        workload=work,
        rate=_LOAD * capacity.items_per_second,
        seconds=_TIME * options.seconds,
        deadline=_DEADLINE_SECONDS,
    ).measure()


def _report(scenario: str, seen: list[OpenWindow]) -> list[report.Row]:
    print(f"\n{scenario}")
    made = []
    for metric, unit, values, goal in (
        ("p99_9_ratio_to_p50", "1", [_ratio(w, "p99_9") for w in seen], _GOAL),
        ("slowest_ratio_to_p50", "1", [_ratio(w, "max") for w in seen],
         _SLOWEST_GOAL),
        ("latency_p50", "us", [w.us("latency", "p50") for w in seen], None),
        ("latency_p99", "us", [w.us("latency", "p99") for w in seen], None),
        ("latency_p99_9", "us", [w.us("latency", "p99_9") for w in seen],
         None),
        ("send_lag_p99", "us", [w.us("send_lag", "p99") for w in seen], None),
        ("answers", "1", [w.us("latency", "count") for w in seen], None),
    ):
        print(report.line(metric, values, goal, at_most=True), flush=True)
        made += report.spread(
            scenario, metric, values, unit, goal, at_most=True)
    return made


def _ratio(window: OpenWindow, percentile: str) -> float:
    return window.us("latency", percentile) / window.us("latency", "p50")
