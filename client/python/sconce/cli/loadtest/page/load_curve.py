"""Sweeps and searches: what the server did at each rate."""

from __future__ import annotations

from typing import Callable, List, Optional, Sequence, Tuple

from sconce.cli.loadtest.figures import duration, rate, short
from sconce.cli.loadtest.page.chart import Chart, Mark, Point, Rule, Trace
from sconce.cli.loadtest.page.latency import colour_of
from sconce.cli.loadtest.page.scales import from_zero, log_of_times
from sconce.cli.loadtest.report import Report
from sconce.cli.loadtest.run import Run


def goodput_chart(reports: Sequence[Report]) -> Chart:
    """Goodput against offered load; where they are equal, all is well."""
    most = max((run.rates["offered"] for report in reports
                for run in report.runs), default=1.0)
    highest = max((run.rates["ok"] for report in reports
                   for run in report.runs), default=1.0)
    traces = [Trace("all that is offered", "offered",
                    ((0.0, 0.0), (most, most)), dashed=True)]
    for index, report in enumerate(reports):
        prefix = "" if len(reports) == 1 else f"{report.name}: "
        colour = colour_of(index)
        if len(reports) == 1:
            traces.append(_trace("OK", "c5", report.runs, "ok"))
        traces.append(_trace(f"{prefix}goodput", colour, report.runs, "good"))
    return Chart(
        title="Goodput against offered load",
        caption="Answers that came within the window, a second. Good ones are "
        "OK, not wrong, and within the SLO. Hollow: a run that is void, or "
        "was interrupted.",
        summary="; ".join(_summary(report) for report in reports),
        x=from_zero([most], "/s"), x_title="offered, requests / s",
        y=from_zero([most, highest], "/s"),
        y_title="answers that came / s",
        traces=tuple(traces), rules=_found_rules(reports),
    )


def latency_by_load_chart(reports: Sequence[Report]) -> Chart:
    traces: List[Trace] = []
    for index, report in enumerate(reports):
        prefix = "" if len(reports) == 1 else f"{report.name}: "
        for percentile, dashed in ((50.0, True), (99.0, False)):
            colour = colour_of(index if len(reports) > 1
                               else int(percentile > 50) * 2)
            points = _latencies(report.runs, percentile)
            traces.append(Trace(
                f"{prefix}p{percentile:g}", colour, points,
                dashed=dashed and len(reports) > 1,
                marks=tuple(Mark(x, y) for x, y in points if y is not None)))
    limits = sorted({run.setup.slo_ms for report in reports
                     for run in report.runs if run.setup.slo_ms})
    values = [y for trace in traces for _, y in trace.points if y is not None]
    most = max((x for trace in traces for x, _ in trace.points), default=1.0)
    return Chart(
        title="Latency against offered load",
        caption="Of OK answers. No point where fewer than 100 answers were "
        "above the percentile.",
        summary="; ".join(
            f"{report.name}: p99 up to {_worst(report)}"
            for report in reports),
        x=from_zero([most], "/s"), x_title="offered, requests / s",
        y=log_of_times(values + list(limits)), y_title="latency, log scale",
        traces=tuple(traces),
        rules=tuple(Rule("y", limit, f"SLO {duration(limit, shortly=True)}")
                    for limit in limits) + _found_rules(reports),
    )


def cpu_chart(report: Report) -> Optional[Chart]:
    """None where no run tells."""
    both = (
        Trace("server", "c1", _cores(report, lambda run: (
            run.counters.cpu_s if run.counters else None))),
        Trace("sconce-load", "c2", _cores(report,
                                          lambda run: run.client_cpu_s)),
    )
    traces = tuple(trace for trace in both if trace.has_values)
    known = [y for trace in traces for _, y in trace.points if y is not None]
    most = max((x for trace in traces for x, _ in trace.points), default=1.0)
    if not known:
        return None
    return Chart(
        title="CPU against offered load",
        caption="1 is one core that was always busy.",
        summary=f"up to {short(max(known))} cores",
        x=from_zero([most], "/s"), x_title="offered, requests / s",
        y=from_zero(known, "cores"), y_title="cores in use",
        traces=traces, rules=_found_rules([report]),
    )


def by_rate(runs: Sequence[Run]) -> List[Run]:
    return sorted(runs, key=lambda run: run.rates["offered"])


def _trace(
    name: str, colour: str, runs: Sequence[Run], which: str
) -> Trace:
    points: List[Tuple[float, float]] = []
    marks = []
    for run in by_rate(runs):
        x, y = run.rates["offered"], run.rates[which]
        points.append((x, y))
        marks.append(Mark(x, y, hollow=bool(run.void) or run.interrupted))
    return Trace(name, colour, tuple(points), marks=tuple(marks))


def _latencies(runs: Sequence[Run], percentile: float) -> Tuple[Point, ...]:
    return tuple((run.rates["offered"], run.latency.percentiles[percentile])
                 for run in by_rate(runs))


def _cores(
    report: Report, seconds: Callable[[Run], Optional[float]]
) -> Tuple[Point, ...]:
    points: List[Point] = []
    for run in by_rate(report.runs):
        cpu = seconds(run)
        points.append((run.rates["offered"],
                       cpu / run.window_s if cpu and run.window_s else None))
    return tuple(points)


def _found_rules(reports: Sequence[Report]) -> Tuple[Rule, ...]:
    return tuple(
        Rule("x", report.found_rate,
             f"{'at least' if report.at_least else 'found'} "
             f"{rate(report.found_rate)}",
             "at-least" if report.at_least else "found")
        for report in reports if report.found_rate is not None
    )


def _summary(report: Report) -> str:
    best: Optional[Run] = max(
        report.runs, key=lambda run: run.rates["good"], default=None)
    if best is None:
        return f"{report.name}: no run"
    return (f"{report.name}: {len(report.runs)} runs, goodput up to "
            f"{rate(best.rates['good'])} with {rate(best.rates['offered'])} "
            "offered")


def _worst(report: Report) -> str:
    known = [run.latency.percentiles[99.0] for run in report.runs]
    return duration(max((each for each in known if each is not None),
                        default=None))
