"""What is left of the capacity when more comes than the server can do.

Each round measures the capacity with a closed loop that keeps four batches
waiting or running for each lane, and then what an open loop gets at once, twice
and five times that rate, with D = 3 l(B) to live for each request: l(B), the
time of a full batch, is what the capacity says. Good is an answer in time. A
refusal costs the server a read of the request, so that not all of the capacity
can be left: X_good <= (N - refused * c) / (w + c).
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import report
import scoreboard_models
from contenders import Window, closed_load
from open_load import OpenLoad, OpenWindow
from sconce_support.server_process import ServerProcess
from scoreboard_models import BATCH
from serving import open_loop_lanes, serving
from workloads import Workload, resnet_image

NAME = "overload"

_LOADS = (1, 2, 5)
_LIFE = 3  # times l(B)
_GOODPUT_GOALS = {1: None, 2: 0.95, 5: 0.90}
_IN_TIME_GOAL = 0.99
_REFUSAL_GOAL_MS = 10.0


@dataclass(frozen=True)
class Round:
    """The capacity before and after, and what came of each load."""

    capacity: float
    cpu_us_at_capacity: float
    deadline: float
    windows: dict[int, OpenWindow]

    def goodput(self, load: int) -> float:
        return self.windows[load].good_per_second / self.capacity

    def cpu_ratio(self, load: int) -> float:
        """CPU time per good answer at capacity over that under this load."""
        return self.cpu_us_at_capacity / self.windows[load].cpu_us_per_good


def measure(options: argparse.Namespace) -> list[report.Row]:
    made = []
    lanes = open_loop_lanes(options)
    with TemporaryDirectory() as name:
        folder = Path(name)
        steady, image = scoreboard_models.steady(folder), resnet_image(folder)
        with serving(options, lanes, steady, image) as server:
            for work, seconds in (
                (steady, 4 * options.seconds),
                (image, 6 * options.seconds),
            ):
                rounds = [
                    _round(options, server, work, lanes, seconds)
                    for _ in range(options.rounds)
                ]
                made += _report(work.model, rounds)
    return made


def _round(
    options: argparse.Namespace,
    server: ServerProcess,
    work: Workload,
    lanes: int,
    seconds: float,
) -> Round:
    def capacity() -> Window:
        return closed_load(
            options, server, work, 4 * BATCH * lanes, seconds / 2).measure()

    before = capacity()
    deadline = _LIFE * lanes * BATCH / before.items_per_second
    windows = {
        load: OpenLoad(
            binaries=options.bin,
            server=server,
            workload=work,
            rate=load * before.items_per_second,
            seconds=seconds,
            deadline=deadline,
            warmup_seconds=2 * deadline,
        ).measure()
        for load in _LOADS
    }
    after = capacity()
    return Round(
        capacity=(before.items_per_second + after.items_per_second) / 2,
        cpu_us_at_capacity=(before.cpu_us_per_item + after.cpu_us_per_item) / 2,
        deadline=deadline,
        windows=windows,
    )


def _report(model: str, rounds: list[Round]) -> list[report.Row]:
    scenario = f"{NAME}_{model}"
    print(f"\n{scenario}")
    made = []

    def figure(
        metric: str,
        unit: str,
        value: Callable[[Round], float],
        goal: float | None = None,
        at_most: bool = False,
    ) -> None:
        values = [value(each) for each in rounds]
        print(report.line(metric, values, goal, at_most), flush=True)
        made.extend(
            report.spread(scenario, metric, values, unit, goal, at_most))

    figure("capacity", "item/s", lambda r: r.capacity)
    figure("deadline", "ms", lambda r: r.deadline * 1e3)
    for load in _LOADS:
        _load_figures(figure, load)
    return made


def _load_figures(figure: Callable[..., None], load: int) -> None:
    """What is said of one load; refusals of the capacity itself are few."""

    def of(value: Callable[[OpenWindow], float]) -> Callable[[Round], float]:
        return lambda seen: value(seen.windows[load])

    above = load > 1
    figure(f"goodput_{load}x", "1", lambda r: r.goodput(load),
           _GOODPUT_GOALS[load])
    figure(f"cpu_ratio_{load}x", "1", lambda r: r.cpu_ratio(load))
    figure(f"accepted_in_time_{load}x", "1",
           of(lambda w: w.accepted_in_time), _IN_TIME_GOAL if above else None)
    figure(f"refusal_p99_{load}x", "ms", of(lambda w: w.ms("refusal", "p99")),
           _REFUSAL_GOAL_MS if above else None, True)
    figure(f"latency_p50_{load}x", "ms", of(lambda w: w.ms("latency", "p50")))
    figure(f"latency_p99_{load}x", "ms", of(lambda w: w.ms("latency", "p99")))
    figure(f"send_lag_p99_{load}x", "ms",
           of(lambda w: w.ms("send_lag", "p99")))
    figure(f"mean_batch_{load}x", "1", of(lambda w: w.mean_batch))
    figure(f"refused_{load}x", "1", of(lambda w: w.refused))
    figure(f"client_{load}x", "cores", of(lambda w: w.seen["client_cores"]))
