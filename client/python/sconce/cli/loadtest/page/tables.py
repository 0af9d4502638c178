"""The figures in full."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Tuple

from sconce.cli.loadtest.comparison import Comparison
from sconce.cli.loadtest.comparison_table import cells_of
from sconce.cli.loadtest.figures import NONE, count, duration, rate, share
from sconce.cli.loadtest.page.html import Markup, element, table, text
from sconce.cli.loadtest.page.key_figures import percentile
from sconce.cli.loadtest.page.load_curve import by_rate
from sconce.cli.loadtest.run import Distribution, Part, Run


def distributions_table(run: Run) -> Markup:
    named: List[Tuple[str, Optional[Distribution]]] = [
        ("OK answers", run.latency),
        ("refusals", run.rejection_latency),
        ("server's queue", run.queue),
        ("server's compute", run.compute),
        ("send lag", run.send_lag),
    ]
    rows = [_distribution(name, found) for name, found in named
            if found is not None]
    columns = ("", "count", "mean", "p50", "p90", "p99", "p99.9", "max")
    return table(columns, rows, "Times")


def _distribution(name: str, found: Distribution) -> Sequence[str]:
    if not found.count:
        return (name, "0", *[NONE] * 6)
    return (name, count(found.count), duration(found.mean_ms),
            *map(percentile, found.percentiles.values()),
            duration(found.max_ms))


def codes_table(run: Run) -> Markup:
    total = sum(run.codes.values())
    rows = [(code, count(number), share(number, total),
             run.errors.get(code, ""))
            for code, number in sorted(run.codes.items(),
                                       key=lambda each: -each[1])]
    if run.requests["unsent"]:
        rows.append(("not sent", count(run.requests["unsent"]), "", ""))
    return table(("code", "requests", "share", "the first one said"), rows,
                 "gRPC codes")


def entries_table(run: Run) -> Markup:
    """What each part of the mix met."""
    weights = sum(entry.weight for entry in run.mix)
    rows = []
    for entry in run.mix:
        total = sum(entry.codes.values())
        found = entry.latency
        rows.append((
            entry.name, share(entry.weight, weights), count(total),
            share(entry.codes.get("OK", 0), total),
            share(entry.good, total), f"{entry.wrong} of {entry.checked}",
            percentile(found.percentiles[50.0]),
            percentile(found.percentiles[99.0]), duration(found.max_ms),
        ))
    columns = ("entry", "weight", "requests", "OK", "good", "wrong", "p50",
               "p99", "max")
    return table(columns, rows, "The mix")


def runs_table(runs: Sequence[Run]) -> Markup:
    """The runs of a sweep or a search, by rate."""
    rows = [(
        rate(run.setup.rate), rate(run.rates["offered"]),
        rate(run.rates["ok"]), rate(run.rates["good"]),
        share(run.requests["good"], run.requests["offered"]),
        percentile(run.latency.percentiles[50.0]),
        percentile(run.latency.percentiles[99.0]),
        duration(run.latency.max_ms), _judged(run),
    ) for run in by_rate(runs)]
    columns = ("asked", "offered", "OK that came", "good that came",
               "good of all due", "p50", "p99", "max", "SLO")
    return table(columns, rows, "Runs", titled=False)


def _judged(run: Run) -> str:
    if run.void:
        return "void"
    if run.setup.slo_ms is None:
        return NONE
    return {True: "met", False: "missed", None: "unknown"}[run.slo_met]


def comparison_section(comparison: Comparison) -> Markup:
    columns = ("figure", f"A: {comparison.a}", f"B: {comparison.b}", "B / A",
               "95 % confidence", "B is")
    rows = [cells_of(figure) for figure in comparison.figures]
    notes = "".join(element("p", text(note), class_="note")
                    for note in comparison.notes)
    return (element("h2", "Comparison")
            + table(columns, rows, "Comparison", titled=False) + notes)


def setup_list(run: Run) -> Markup:
    """How the load was made."""
    setup = run.setup
    facts: List[Tuple[str, Any]] = [
        ("Target", setup.target),
        ("Mode", f"{setup.mode} loop"),
        ("Arrivals", setup.arrivals),
        ("Rate asked for", setup.rate and rate(setup.rate)),
        ("Requests under way",
         setup.outstanding and count(setup.outstanding)),
        ("At most under way",
         setup.max_outstanding and count(setup.max_outstanding)),
        ("Timeout", f"{setup.timeout_s:g} s, from the due time"),
        ("Answers checked", _checked(setup.check_every)),
        ("SLO", None if setup.slo_ms is None else
         f"{setup.slo_percentile:g} % within {duration(setup.slo_ms, True)}"),
        ("Window", f"{run.window_s:g} s, after {setup.warmup_s:g} s of "
         "warm-up"),
        *((f"Mix: {part.name} × {part.weight:g}", _payloads(part))
          for part in setup.mix),
        ("Connections", setup.connections),
        ("Seed", setup.seed),
        ("Started", run.started),
        ("sconce-load", run.version),
        *_server_facts(run),
    ]
    rows = "".join(
        element("div", element("dt", text(name)) + element("dd", text(value)))
        for name, value in facts if value not in (None, ""))
    return element("dl", rows, class_="setup")


def _checked(every: int) -> str:
    if not every:
        return "none"
    return "all" if every == 1 else f"one of {count(every)}"


def _payloads(part: Part) -> str:
    more = f" and {count(part.payloads - 1)} more" * (part.payloads > 1)
    return f"{part.payload}{more}; {count(round(part.bytes))} bytes a message"


def _server_facts(run: Run) -> List[Tuple[str, Any]]:
    """What /metrics says of the window."""
    found = run.counters
    if found is None or not found.requests:
        return []
    facts: List[Tuple[str, Any]] = [
        ("Server's requests", count(int(found.requests)))]
    # A batch computes once for all its requests, so this is no mean of times.
    for name, seconds in (
        ("Server's mean queue", found.queue_s),
        ("Server's compute per request (batches shared)", found.compute_s),
    ):
        if seconds is not None:
            mean = duration(1000 * seconds / found.requests)
            facts.append((name, mean))
    return facts
