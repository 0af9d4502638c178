"""Whether the simulator says what the server does.

A server gets an open loop of requests; the run times of its batches in that
very window, by size, are given to the simulator with the same rate, deadline,
lanes and rules. Both tell how large the batches were and how many answers were
in time. What differs is what the simulator leaves out: threads, the transport,
and whoever else uses the machine.
"""

import argparse
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import grpc
import report
import scoreboard_models
from contenders import closed_load
from open_load import OpenLoad, OpenWindow
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from scoreboard_models import BATCH
from serving import open_loop_lanes, serving
from simulate import simulate
from tritonclient.grpc import service_pb2, service_pb2_grpc
from workloads import Workload, resnet_image

NAME = "agreement"

_LOADS = (0.7, 1, 2)
_LIFE = 3  # times l(B)
_WINDOW = 8  # windows of a closed loop
_REQUESTS = 30_000
_GOAL = 0.05
_P99_GOAL = 1.1
# Standard deviations of the normal distribution below its 95th percentile.
_PERCENTILE_95 = 1.645


@dataclass(frozen=True)
class Batches:
    """How many batches of each size ran, and for how long in all."""

    count: Mapping[int, int]
    seconds: Mapping[int, float]

    def since(self, earlier: "Batches") -> "Batches":
        count = {
            rows: now - earlier.count.get(rows, 0)
            for rows, now in self.count.items()
        }
        ran = [rows for rows in count if count[rows] > 0]
        return Batches(
            {rows: count[rows] for rows in ran},
            {
                rows: self.seconds[rows] - earlier.seconds.get(rows, 0.0)
                for rows in ran
            },
        )

    def mean_ms(self, rows: int) -> float:
        return 1e3 * self.seconds[rows] / self.count[rows]


@dataclass(frozen=True)
class Seen:
    """One window, and what the simulator says of it."""

    window: OpenWindow
    simulated_batch: float
    simulated_good_per_second: float
    simulated_p99_us: float

    @property
    def batch_deviation(self) -> float:
        return abs(self.window.mean_batch / self.simulated_batch - 1)

    @property
    def goodput_deviation(self) -> float:
        good = self.window.good_per_second
        return abs(good / self.simulated_good_per_second - 1)

    @property
    def p99_ratio(self) -> float:
        return self.window.us("latency", "p99") / self.simulated_p99_us


def measure(options: argparse.Namespace) -> list[report.Row]:
    made = []
    lanes = open_loop_lanes(options)
    with TemporaryDirectory() as name:
        folder = Path(name)
        works = (scoreboard_models.steady(folder), resnet_image(folder))
        with serving(options, lanes, *works) as server:
            for work in works:
                for load in _LOADS:
                    seen = [
                        _round(options, server, work, lanes, load)
                        for _ in range(options.rounds)
                    ]
                    made += _report(f"{NAME}_{work.model}_{load}x", seen)
    return made


def _round(
    options: argparse.Namespace,
    server: ServerProcess,
    work: Workload,
    lanes: int,
    load: float,
) -> Seen:
    capacity = closed_load(
        options, server, work, 4 * BATCH * lanes, options.seconds).measure()
    deadline = _LIFE * lanes * BATCH / capacity.items_per_second
    before = _batches(server, work.model)
    window = OpenLoad(
        binaries=options.bin,
        server=server,
        workload=work,
        rate=load * capacity.items_per_second,
        seconds=_WINDOW * options.seconds,
        deadline=deadline,
        warmup_seconds=2 * deadline,
    ).measure()
    ran = _batches(server, work.model).since(before)
    rate = window.seen["offered"] / window.seen["seconds"]
    run = {
        "policy": "sconce",
        "lanes": lanes,
        "requests": _REQUESTS,
        "models": [{
            "table_ms": {str(rows): ran.mean_ms(rows) for rows in ran.count},
            "noise": _noise(server, work.model, ran),
            "max_batch": BATCH,
        }],
        "streams": [{"rate": rate, "time_ms": 1e3 * deadline}],
    }
    (figures,) = simulate(options.bin, [run])
    return Seen(
        window,
        figures["mean_batch"],
        rate * figures["good_share"],
        1e3 * figures["p99_ms"],
    )


def _batches(server: ServerProcess, model: str) -> Batches:
    request = service_pb2.ModelStatisticsRequest(name=model)
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        (stats,) = stub.ModelStatistics(request, timeout=30).model_stats
    count, seconds = {}, {}
    for each in stats.batch_stats:
        parts = (each.compute_input, each.compute_infer, each.compute_output)
        count[each.batch_size] = each.compute_infer.count
        seconds[each.batch_size] = sum(part.ns for part in parts) / 1e9
    return Batches(count, seconds)


def _noise(server: ServerProcess, model: str, ran: Batches) -> float:
    """The sigma of the usual size's log-normal run times, from their mean and
    the 95th percentile that the server has learned."""
    usual = max(ran.count, key=lambda rows: ran.count[rows])
    with Management(server.management_address) as management:
        activity = management.GetModel(name=model).activity
    (most,) = (
        each.duration.ToTimedelta().total_seconds()
        for each in activity.execution_times
        if each.rows == usual
    )
    spread = 1e3 * most / ran.mean_ms(usual)
    return max(0.0, math.log(spread) / _PERCENTILE_95)


def _report(scenario: str, seen: list[Seen]) -> list[report.Row]:
    print(f"\n{scenario}")
    made = []
    for metric, unit, values, goal in (
        ("mean_batch", "1", [s.window.mean_batch for s in seen], None),
        ("simulated_batch", "1", [s.simulated_batch for s in seen], None),
        ("batch_deviation", "1", [s.batch_deviation for s in seen], _GOAL),
        ("good", "item/s", [s.window.good_per_second for s in seen], None),
        ("simulated_good", "item/s",
         [s.simulated_good_per_second for s in seen], None),
        ("goodput_deviation", "1", [s.goodput_deviation for s in seen],
         _GOAL),
        ("p99_ratio_to_simulated", "1", [s.p99_ratio for s in seen],
         _P99_GOAL),
    ):
        print(report.line(metric, values, goal, at_most=True), flush=True)
        made += report.spread(
            scenario, metric, values, unit, goal, at_most=True)
    return made
