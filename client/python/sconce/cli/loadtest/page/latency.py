"""Percentile plots of distributions: how many were how fast."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from sconce.cli.loadtest.figures import count, duration
from sconce.cli.loadtest.page.chart import (
    Chart,
    Mark,
    Point,
    Rule,
    Trace,
    thinned,
)
from sconce.cli.loadtest.page.scales import Scale, Share, log_of_times
from sconce.cli.loadtest.run import Distribution, Run

LEAST_ABOVE = 100  # values above a percentile that says something
LAG_LIMIT_MS = 1.0
_LEAST = 1.0  # percentile at which the axis begins

# Name, colour, and the distribution; the first is marked with its percentiles.
Named = Tuple[str, str, Distribution]

_DASHED = ("Where the line is dotted, fewer than 100 values lie beyond it: "
           "another run may look different there.")


def latency_chart(runs: Sequence[Tuple[str, Run]]) -> Chart:
    """Of OK answers, of every entry of the mix where there is one run."""
    if len(runs) == 1:
        (_, run), = runs
        named = [("all OK answers", "c0", run.latency)]
        if len(run.mix) > 1:
            named += [(entry.name, colour_of(index + 1), entry.latency)
                      for index, entry in enumerate(run.mix)]
        if run.rejection_latency.count:
            named.append(("refusals", "rejected", run.rejection_latency))
    else:
        named = [(name, colour_of(index), run.latency)
                 for index, (name, run) in enumerate(runs)]
    return percentile_chart(
        "Latency", "From the time a request was due to its answer. " + _DASHED,
        named, _slo_rules([run for _, run in runs]), len(runs) == 1,
    )


def server_chart(run: Run) -> Optional[Chart]:
    """Where the server says that the time went; None when it does not."""
    if run.queue is None or run.compute is None:
        return None
    named = [("latency, at the client", "c0", run.latency),
             ("in the server's queue", "c1", run.queue),
             ("computing", "c2", run.compute)]
    return percentile_chart(
        "Queue and compute, as the server tells",
        "Percentiles of each by itself: they do not add up. " + _DASHED,
        named, (), False,
    )


def lag_chart(runs: Sequence[Tuple[str, Run]]) -> Optional[Chart]:
    """None in a closed loop, which has no times to be late for."""
    named = [(name or "send lag", colour_of(index), run.send_lag)
             for index, (name, run) in enumerate(runs)
             if run.send_lag is not None and run.send_lag.count]
    if not named:
        return None
    limit = lag_limit_ms([run for _, run in runs])
    rule = Rule("x", limit, f"void above {duration(limit, shortly=True)}")
    return percentile_chart(
        "Send lag",
        "How much later than due the client sent. A p99 above 1 ms, or above "
        "1 % of the SLO, makes a run void. " + _DASHED,
        named, (rule,), len(runs) == 1,
    )


def lag_limit_ms(runs: Sequence[Run]) -> float:
    """The strictest of theirs: above it a p99 of the send lag is void."""
    return min([LAG_LIMIT_MS] + [
        run.setup.slo_ms / 100 for run in runs if run.setup.slo_ms])


def colour_of(index: int) -> str:
    return f"c{index % 8}"


def percentile_chart(
    title: str, caption: str, named: Sequence[Named],
    rules: Tuple[Rule, ...], with_words: bool,
) -> Chart:
    """Time on a log axis against percentiles. `with_words` writes the times at
    the marks of the first curve."""
    named = [each for each in named if each[2].buckets]
    bounds = [bound for *_, found in named for bound in
              (found.buckets[0][0], found.buckets[-1][0])]
    x = log_of_times(bounds + [rule.value for rule in rules])
    most = max((found.count for *_, found in named), default=1)
    y = Share(_LEAST, max(90.0, _last(most)), "%")
    traces = [_trace(each, x, y, with_words and not index)
              for index, each in enumerate(named)]
    return Chart(
        title=title, caption=caption, summary=_summary(named),
        x=x, x_title="time, log scale", y=y, y_title="so fast or faster",
        traces=tuple(traces), rules=rules, hover="y",
    )


def _trace(named: Named, x: Scale, y: Scale, with_words: bool) -> Trace:
    name, colour, found = named
    points: List[Point] = []
    total, below, last = sum(count for _, count in found.buckets), 0, None
    for bound, number in found.buckets:
        below += number
        share = min(100 * below / total, _last(total))
        if share >= _LEAST and not points:
            points.append((last or bound, _LEAST))
        if share >= _LEAST:
            points.append((bound, share))
        last = bound
    points = thinned(points, x, y)
    faint = next((index for index, (_, share) in enumerate(points)
                  if (100 - (share or 0)) / 100 * total < LEAST_ABOVE), None)
    return Trace(name, colour, tuple(points), faint_from=faint,
                 marks=_marks(found, with_words))


def _last(total: int) -> float:
    """Where the largest of so many values stands."""
    return 100 * (1 - 0.5 / max(1, total))


def _marks(found: Distribution, with_words: bool) -> Tuple[Mark, ...]:
    marks = [
        Mark(value, percentile, duration(value) if with_words else "")
        for percentile, value in found.percentiles.items() if value is not None
    ]
    if found.max_ms is not None and found.buckets:
        words = f"max {duration(found.max_ms)}" if with_words else ""
        marks.append(Mark(found.max_ms, _last(found.count), words, True))
    return tuple(marks)


def _slo_rules(runs: Sequence[Run]) -> Tuple[Rule, ...]:
    limits = {run.setup.slo_ms for run in runs if run.setup.slo_ms}
    return tuple(Rule("x", limit, f"SLO {duration(limit, shortly=True)}")
                 for limit in sorted(limits))


def _summary(named: Sequence[Named]) -> str:
    texts = []
    for name, _, found in named:
        known = [f"p{percentile:g} {duration(value)}"
                 for percentile, value in found.percentiles.items()
                 if value is not None]
        texts.append(f"{name}: {count(found.count)} values, "
                     + ", ".join([*known, f"max {duration(found.max_ms)}"]))
    return "; ".join(texts)
