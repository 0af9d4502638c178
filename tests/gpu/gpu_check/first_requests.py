"""What the first requests to a model wait for, against later ones.

Requests come as many at a time as there are places for batches, each as large
as a batch, so that each place gets one: a place that was not warmed up shows.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gpu_check import load, names
from gpu_check.context import Check
from gpu_check.metrics_page import MetricsPage
from gpu_check.repository import Model
from gpu_check.server import Server

_PLACES = 4  # two lanes with two threads each
FIRST_WAVES, LATER_WAVES = 2, 16
# A wave is answered long before the next one comes, once all is warm.
_GAP_SECONDS = 0.1


@dataclass(frozen=True)
class FirstRequests:
    """Milliseconds. `alone_ms`: the very first one, by the server's clock."""

    alone_ms: float
    first_ms: float  # the worst of the waves that come first
    later_ms: float  # the median of those that come later

    @property
    def ratio(self) -> float:
        return max(self.alone_ms, self.first_ms) / self.later_ms


def measure(
    check: Check, server: Server, served_as: str, model: Model
) -> FirstRequests:
    """Nobody has asked the model anything before."""
    before = server.page()
    second = _wave(check, server, served_as, model, 1, 1)
    alone = _first_ms(before, server.page(), served_as, _worst(second))
    places = int(before.sum(names.PLACES) or _PLACES)
    first = _wave(check, server, served_as, model, FIRST_WAVES, places)
    later = _wave(check, server, served_as, model, LATER_WAVES, places)
    median = later.p50_ms
    if median is None:
        raise RuntimeError(f"{served_as}: no answers: {later.errors}")
    return FirstRequests(alone, _worst(first), median)


def judged(start: FirstRequests, reloads: Sequence[FirstRequests]) -> float:
    """The larger of what came after the start and after most reloads: one
    hiccup is not a model that is cold."""
    return max(start.ratio, statistics.median(each.ratio for each in reloads))


def trace(waves: int, at_once: int) -> str:
    """For sconce-load: when requests are due."""
    times = [wave * _GAP_SECONDS for wave in range(waves)
             for _ in range(at_once)]
    return "\n".join(["seconds", *(f"{each:.3f}" for each in times)]) + "\n"


def _wave(
    check: Check, server: Server, served_as: str, model: Model, waves: int,
    at_once: int,
) -> load.Load:
    path = check.work / "waves.csv"
    path.write_text(trace(waves, at_once))
    # The window is longer than the trace, so that the last wave counts.
    seconds = waves * _GAP_SECONDS
    return load.Running(
        check, server,
        ["--model", served_as, "--inputs", model.example, "--connections",
         str(at_once), "--trace", path, "--duration", f"{seconds:.3f}",
         "--warmup", "0"], seconds).end()


def _worst(done: load.Load) -> float:
    """Milliseconds; one that was not answered has waited for ever."""
    bad = {code: n for code, n in done.codes.items() if code != "OK"}
    if bad or not done.codes["OK"]:
        raise RuntimeError(f"first requests: {bad}, {done.errors}")
    return max(bound for each in done.reports
               for bound, _ in each["latency"]["buckets"])


def _first_ms(
    before: MetricsPage, after: MetricsPage, served_as: str, second_ms: float
) -> float:
    """Of two requests, the one that sconce-load tries before it measures."""
    seconds, count = (
        (after.sum(f"sconce_request_seconds_{what}", model=served_as) or 0)
        - (before.sum(f"sconce_request_seconds_{what}", model=served_as) or 0)
        for what in ("sum", "count"))
    if count != 2:
        raise RuntimeError(f"{served_as} was asked {count:.0f} times, not 2")
    return max(0.0, 1e3 * seconds - second_ms)
