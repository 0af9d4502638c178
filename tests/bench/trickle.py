"""How long a model that is asked now and then waits beside one that is never idle.

The hot model has a closed loop that keeps four batches waiting or running for
each lane; the other one, a small perceptron, gets an open loop of few requests.
Lanes are shared, and a batch that runs is not interrupted: one batch of the hot
model has to be waited for, a second one may come in between.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import report
import scoreboard_models
from contenders import Window, closed_load
from open_load import OpenLoad, OpenWindow
from scoreboard_models import BATCH
from sconce_support.server_process import ServerProcess
from serving import open_loop_lanes, serving
from workloads import Workload

NAME = "trickle"

_RATE = 100
_TIME = 5  # windows of a closed loop
_WARMUP_SECONDS = 2.0
_DEADLINE_SECONDS = 10.0
_GOAL = 2.0  # batches of the hot model


def measure(options: argparse.Namespace) -> list[report.Row]:
    lanes = open_loop_lanes(options)
    with TemporaryDirectory() as name:
        folder = Path(name)
        hot = scoreboard_models.steady(folder)
        rare = Workload("mlp_batched", (1, 32), folder)
        with serving(options, lanes, hot, rare) as server:
            rounds = [
                _round(options, server, hot, rare, lanes)
                for _ in range(options.rounds)
            ]
    return _report(rounds, lanes)


def _round(
    options: argparse.Namespace,
    server: ServerProcess,
    hot: Workload,
    rare: Workload,
    lanes: int,
) -> tuple[Window, OpenWindow]:
    seconds = _TIME * options.seconds
    flood = closed_load(
        options, server, hot, 4 * BATCH * lanes,
        # The hot model is at work before the other window and after it.
        seconds + 2 * _WARMUP_SECONDS)
    trickle = OpenLoad(
        binaries=options.bin,
        server=server,
        workload=rare,
        rate=_RATE,
        seconds=seconds,
        deadline=_DEADLINE_SECONDS,
        warmup_seconds=_WARMUP_SECONDS,
        channels=1,
    )
    with ThreadPoolExecutor() as threads:
        flooded = threads.submit(flood.measure)
        seen = trickle.measure()
        return flooded.result(), seen


def _report(
    rounds: list[tuple[Window, OpenWindow]], lanes: int
) -> list[report.Row]:
    print(f"\n{NAME}")
    made = []
    batches_us = [
        lanes * BATCH / hot.items_per_second * 1e6 for hot, _ in rounds]
    p99 = [seen.us("latency", "p99") for _, seen in rounds]
    for metric, unit, values, goal in (
        ("p99_in_hot_batches", "1",
         [a / b for a, b in zip(p99, batches_us, strict=True)], _GOAL),
        ("hot_batch", "us", batches_us, None),
        ("latency_p50", "us",
         [seen.us("latency", "p50") for _, seen in rounds], None),
        ("latency_p99", "us", p99, None),
        ("send_lag_p99", "us",
         [seen.us("send_lag", "p99") for _, seen in rounds], None),
        ("answers", "1",
         [seen.us("latency", "count") for _, seen in rounds], None),
    ):
        print(report.line(metric, values, goal, at_most=True), flush=True)
        made += report.spread(NAME, metric, values, unit, goal, at_most=True)
    return made
