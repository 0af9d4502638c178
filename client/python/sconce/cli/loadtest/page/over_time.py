"""How a run went, second by second."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence, Tuple

from sconce.cli.loadtest.figures import duration, rate, short
from sconce.cli.loadtest.page.chart import Chart, Point, Rule, Trace
from sconce.cli.loadtest.page.latency import LEAST_ABOVE, colour_of
from sconce.cli.loadtest.page.scales import Scale, from_zero, log_of_times
from sconce.cli.loadtest.run import Bin, Block, Run

NamedRuns = Sequence[Tuple[str, Run]]

_MOST_POINTS = 600
_LONG_S = 600.0  # from here on in minutes


def rates_chart(runs: NamedRuns, most: int = _MOST_POINTS) -> Chart:
    """What was due and what became of it; of several runs, due and OK."""
    traces: List[Trace] = []
    for index, (name, run) in enumerate(runs):
        alone = len(runs) == 1
        prefix = "" if alone else f"{name}: "
        colour = "offered" if alone else colour_of(index)
        traces.append(Trace(f"{prefix}offered", colour,
                            _rates(run, lambda each: each.due, most, runs),
                            dashed=True))
        traces.append(Trace(f"{prefix}OK", "ok" if alone else colour,
                            _rates(run, lambda each: each.ok, most, runs)))
    if len(runs) == 1:
        traces += _bad_rates(runs, most)
    values = [y or 0 for trace in traces for _, y in trace.points]
    longest = max((run for _, run in runs), key=lambda run: run.window_s)
    return Chart(
        title="Rates over time",
        caption="By the second in which a request was due, not in which it "
        "was answered. Rejected: RESOURCE_EXHAUSTED and UNAVAILABLE."
        + _each_point(longest, most),
        summary="; ".join(
            f"{name}: {rate(run.rates['offered'])} offered, "
            f"{rate(run.rates['ok'])} OK answers came" for name, run in runs),
        x=_time(runs), x_title=f"time, {_unit(runs)}",
        y=from_zero(values, "/s"), y_title="requests / s",
        traces=tuple(traces),
    )


def _bad_rates(runs: NamedRuns, most: int) -> List[Trace]:
    """Of what there is: lines along the axis would hide each other."""
    run = runs[0][1]
    traces = [
        Trace("rejected", "rejected",
              _rates(run, lambda each: each.rejected, most, runs)),
        Trace("failed", "failed",
              _rates(run, lambda each: each.failed, most, runs)),
    ]
    return [trace for trace in traces if any(y for _, y in trace.points)]


def latency_over_time_chart(
    runs: NamedRuns, most: int = _MOST_POINTS
) -> Chart:
    """p50, p99 and max; of several runs p99, or max where there is none."""
    traces: List[Trace] = []
    for index, (name, run) in enumerate(runs):
        found = _latencies(run, most, runs)
        if len(runs) == 1:
            traces += found
        else:
            last = [each for each in found if not each.dots] or found
            if not last:
                continue
            one = last[-1]
            traces.append(Trace(f"{name}: {one.name}", colour_of(index),
                                one.points, dots=one.dots))
    values = [y for trace in traces for _, y in trace.points if y is not None]
    limits = sorted({run.setup.slo_ms for _, run in runs if run.setup.slo_ms})
    longest = max((run for _, run in runs), key=lambda run: run.window_s)
    return Chart(
        title="Latency over time",
        caption="Of OK answers, by the time at which their requests were due. "
        "A percentile that fewer than 100 answers of a stretch lie above is "
        "not drawn." + _each_point(longest, most),
        summary="; ".join(
            f"{name}: the longest took {duration(run.latency.max_ms)}"
            for name, run in runs),
        x=_time(runs), x_title=f"time, {_unit(runs)}",
        y=log_of_times(values + list(limits)), y_title="latency, log scale",
        traces=tuple(traces),
        rules=tuple(Rule("y", limit, f"SLO {duration(limit, shortly=True)}")
                    for limit in limits),
    )


def _rates(
    run: Run, counted: Callable[[Bin], int], most: int, runs: NamedRuns
) -> Tuple[Point, ...]:
    points = []
    for group in _groups(run, most):
        total = sum(map(counted, group))
        points.append((_place(group[0].start_s, len(group) * run.bin_s, runs),
                       total / (len(group) * run.bin_s)))
    return tuple(points)


def _latencies(run: Run, most: int, runs: NamedRuns) -> List[Trace]:
    """By bins; by longer stretches where many bins have too few answers for
    the percentile."""
    traces = []
    for name, colour, taken, quantile in (
        ("p50", "c0", lambda each: each.p50_ms, 0.5),
        ("p99", "c2", lambda each: each.p99_ms, 0.99),
    ):
        points = _worst(run, taken, most, runs)
        if not _mostly_known(points):
            name += " of longer stretches"
            points = _of_stretches(run.blocks, quantile, runs)
        traces.append(Trace(name, colour, points))
    traces.insert(0, Trace("max", "c1", _worst(
        run, lambda each: each.max_ms, most, runs), dots=True))
    return [trace for trace in traces if trace.has_values]


def _worst(
    run: Run, taken: Callable[[Bin], Optional[float]], most: int,
    runs: NamedRuns,
) -> Tuple[Point, ...]:
    """Of bins that share a point, the largest value."""
    points: List[Point] = []
    for group in _groups(run, most):
        known = [value for value in map(taken, group) if value is not None]
        place = _place(group[0].start_s, len(group) * run.bin_s, runs)
        points.append((place, max(known) if known else None))
    return tuple(points)


def _mostly_known(points: Sequence[Point]) -> bool:
    return sum(y is not None for _, y in points) > 0.9 * len(points)


def _of_stretches(
    blocks: Sequence[Block], quantile: float, runs: NamedRuns
) -> Tuple[Point, ...]:
    """Of as few blocks together as have enough answers; nothing when the
    window has no two such stretches."""
    for size in (1, 2, 4, 8, 16):
        groups = [blocks[at:at + size] for at in range(0, len(blocks), size)]
        points = tuple(
            (_place(group[0].start_s, sum(each.length_s for each in group),
                    runs), _quantile(group, quantile)) for group in groups)
        if len(points) > 1 and _mostly_known(points):
            return points
    return ()


def _quantile(blocks: Sequence[Block], quantile: float) -> Optional[float]:
    found = sorted(pair for block in blocks for pair in block.buckets)
    total = sum(count for _, count in found)
    if total * (1 - quantile) < LEAST_ABOVE:
        return None
    below = 0
    for bound, count in found:
        below += count
        if below >= quantile * total:
            return bound
    return None


def _groups(run: Run, most: int) -> List[Sequence[Bin]]:
    """Neighbouring bins that share a point, so that there are not too many."""
    size = _group_size(run, most)
    return [run.bins[at:at + size] for at in range(0, len(run.bins), size)]


def _group_size(run: Run, most: int) -> int:
    return max(1, -(-len(run.bins) // most))


def _each_point(run: Run, most: int) -> str:
    size = _group_size(run, most)
    if size == 1:
        return ""
    return (f" Each point is {short(size * run.bin_s)} s: rates are their "
            "mean, times the worst of them.")


def _time(runs: NamedRuns) -> Scale:
    unit = _unit(runs)
    ends = [each.start_s + run.bin_s for _, run in runs for each in run.bins]
    return Scale(0, max(ends, default=1.0) / (60 if unit == "min" else 1),
                 unit)


def _unit(runs: NamedRuns) -> str:
    return "min" if any(run.window_s > _LONG_S for _, run in runs) else "s"


def _place(start_s: float, length_s: float, runs: NamedRuns) -> float:
    """The middle of a stretch, on the time axis."""
    middle = start_s + length_s / 2
    return middle / 60 if _unit(runs) == "min" else middle
