"""Whether the first requests of a model are as fast as all later ones.

A fresh server, and a client that has talked to another model of it: then a
hundred requests of one model, one after another, are held against hundreds
that follow. The 99th percentile of a hundred is nearly the slowest; so that
the noise of the machine is in both, it is compared with the median of the same
percentile of later hundreds. CPU time is the quieter witness: what the first
requests cost in all beside as many later ones.
"""

import argparse
import gc
import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import first_requests_models as models
import grpc
import report
from sconce_support.inference import raw_method
from sconce_support.server_process import ServerProcess

NAME = "first_requests"

_HUNDRED = 100
_PRACTICE = 300  # requests that warm the client
_STEADY = 4  # hundreds
_GOAL = 2.0
_CALL_SECONDS = 60
# The batches of a model are checked before it is ready: resnet18 on a busy
# machine takes a minute.
_LOAD_SECONDS = 300


@dataclass(frozen=True)
class Hundred:
    """Latencies of a hundred requests and the server's CPU time for them."""

    latencies_us: list[float]
    cpu_us: float

    @property
    def p99(self) -> float:
        """By nearest rank, as sconce-bench-client has it."""
        rank = math.ceil(0.99 * len(self.latencies_us))
        return sorted(self.latencies_us)[rank - 1]


@dataclass(frozen=True)
class Course:
    """One model on one fresh server."""

    first: Hundred
    steady: list[Hundred]

    def figures(self) -> dict[str, tuple[float, str]]:
        """(value, unit) by metric."""
        first, later = self.first, self.steady
        p99 = median(each.p99 for each in later)
        p50 = median(median(each.latencies_us) for each in later)
        cpu = median(each.cpu_us for each in later)
        slowest = median(max(each.latencies_us) for each in later)
        return {
            "p99_ratio_to_steady": (first.p99 / p99, "1"),
            "slowest_ratio_to_steady": (
                max(first.latencies_us) / slowest, "1"),
            "cpu_ratio_to_steady": (first.cpu_us / cpu, "1"),
            "very_first": (first.latencies_us[0], "us"),
            "p99": (first.p99, "us"),
            "steady_p99": (p99, "us"),
            "steady_p50": (p50, "us"),
            "steady_cpu": (cpu / _HUNDRED, "us/item"),
        }


def measure(options: argparse.Namespace) -> list[report.Row]:
    courses: dict[str, list[Course]] = {name: [] for name in models.NAMES}
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "models"
        models.write(repository)
        for turn in range(options.rounds):
            # Whoever is first on a server pays for what models share.
            start = turn % len(models.NAMES)
            order = models.NAMES[start:] + models.NAMES[:start]
            seen = _on_fresh_server(options, repository, order)
            for name, course in seen.items():
                courses[name].append(course)
    return [row for name in courses for row in _report(name, courses[name])]


def _on_fresh_server(
    options: argparse.Namespace, repository: Path, order: list[str]
) -> dict[str, Course]:
    server = ServerProcess(
        [repository],
        *options.server_flag,
        binary=options.bin / "sconce-server",
        wait_until_ready=False,
    )
    with server, grpc.insecure_channel(server.grpc_address) as channel:
        server.wait_ready(_LOAD_SECONDS)
        infer = raw_method(channel, "ModelInfer")

        def hundred(request: bytes) -> Hundred:
            return _hundred(
                lambda: infer(request, timeout=_CALL_SECONDS), server)

        for _ in range(_PRACTICE // _HUNDRED):
            hundred(models.practice())
        return {name: _course(hundred, models.request(name)) for name in order}


def _course(hundred: Callable[[bytes], Hundred], request: bytes) -> Course:
    first = hundred(request)
    # What the server finds out from the first requests beside its work
    # (ADR 0012) is over after these.
    hundred(request)
    return Course(first, [hundred(request) for _ in range(_STEADY)])


def _hundred(call: Callable[[], bytes], server: ServerProcess) -> Hundred:
    latencies = []
    gc.disable()
    cpu = server.cpu_us()
    for _ in range(_HUNDRED):
        began = time.perf_counter()
        call()
        latencies.append((time.perf_counter() - began) * 1e6)
    cpu = server.cpu_us() - cpu
    gc.enable()
    return Hundred(latencies, cpu)


def _report(name: str, courses: list[Course]) -> list[report.Row]:
    scenario = f"{NAME}_{name}"
    print(f"\n{scenario}")
    made = []
    for metric, (_, unit) in courses[0].figures().items():
        values = [course.figures()[metric][0] for course in courses]
        goal = _GOAL if metric == "p99_ratio_to_steady" else None
        print(report.line(metric, values, goal, at_most=True), flush=True)
        made += report.spread(
            scenario, metric, values, unit, goal, at_most=True)
    return made
