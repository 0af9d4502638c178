"""The page: sections in their order, and what makes it stand alone."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from importlib.resources import files
from os.path import basename
from typing import List, Optional, Sequence, Tuple

from sconce.cli.faults import WRONG_CALL, Fault
from sconce.cli.loadtest.comparison import Comparison
from sconce.cli.loadtest.figures import rate, short
from sconce.cli.loadtest.page import tables
from sconce.cli.loadtest.page.chart import Chart
from sconce.cli.loadtest.page.figure import figure
from sconce.cli.loadtest.page.html import Markup, element, text
from sconce.cli.loadtest.page.key_figures import key_figures
from sconce.cli.loadtest.page.latency import (
    lag_chart,
    latency_chart,
    server_chart,
)
from sconce.cli.loadtest.page.load_curve import (
    by_rate,
    cpu_chart,
    goodput_chart,
    latency_by_load_chart,
)
from sconce.cli.loadtest.page.over_time import (
    latency_over_time_chart,
    rates_chart,
)
from sconce.cli.loadtest.page.verdict import verdicts
from sconce.cli.loadtest.report import Report
from sconce.cli.loadtest.run import Run

# Points of a line over time, for all details of a page together.
_POINTS = 600
_MOST_CURVES = 7


def page_of(
    reports: Sequence[Report], comparison: Optional[Comparison] = None
) -> str:
    """The whole file. Several reports share the charts. Raises Fault when
    some are single runs and others are not."""
    reports = _with_short_names(reports)
    single = {report.kind == "run" for report in reports}
    if len(single) > 1:
        raise Fault("single runs and sweeps do not go into the same charts; "
                    "draw them on pages of their own", WRONG_CALL)
    body = _header(reports) + verdicts(reports)
    if comparison:
        body += tables.comparison_section(comparison)
    body += _runs(reports) if single.pop() else _searches(reports)
    return _document(_title(reports), body)


def _runs(reports: Sequence[Report]) -> Markup:
    runs = [(report.name, report.runs[0]) for report in reports]
    parts = [element("h2", "Key figures"), key_figures(runs)]
    charts: List[Optional[Chart]] = [
        latency_chart(runs), rates_chart(runs), latency_over_time_chart(runs)]
    if len(runs) == 1:
        run = runs[0][1]
        charts += [server_chart(run), lag_chart([("", run)])]
        parts += [_charts(charts, "run", tables.codes_table(run)),
                  element("h2", "In full"), _in_full(run)]
    else:
        charts.append(lag_chart(runs))
        parts.append(_charts(charts, "runs"))
        parts += [_details(name, _in_full(run) + tables.codes_table(run))
                  for name, run in runs]
    return "".join(parts)


def _searches(reports: Sequence[Report]) -> Markup:
    charts: List[Optional[Chart]] = [
        goodput_chart(reports), latency_by_load_chart(reports)]
    if len(reports) == 1:
        charts += [latency_chart(_some_by_rate(reports[0])),
                   cpu_chart(reports[0])]
    parts = [_charts(charts, "load")]
    number = sum(len(report.runs) for report in reports)
    for at, report in enumerate(reports):
        name = "Runs" if len(reports) == 1 else f"Runs of {report.name}"
        parts += [element("h2", text(name)), tables.runs_table(report.runs)]
        for index, run in enumerate(by_rate(report.runs)):
            parts.append(_run_of_many(run, f"run-{at}-{index}", number))
    return "".join(parts)


def _run_of_many(run: Run, ident: str, number: int) -> Markup:
    runs = [("", run)]
    most = max(60, _POINTS // number)
    charts: List[Optional[Chart]] = [
        rates_chart(runs, most), latency_over_time_chart(runs, most)]
    return _details(f"{rate(run.rates['offered'])} offered",
                    _charts(charts, ident) + _in_full(run)
                    + tables.codes_table(run))


def _some_by_rate(report: Report) -> List[Tuple[str, Run]]:
    """As many as can be told apart, the found one among them."""
    ordered = by_rate(report.runs)
    step = max(1.0, (len(ordered) - 1) / (_MOST_CURVES - 1))
    chosen = {round(index * step) for index in range(_MOST_CURVES)}
    if report.found is not None:
        chosen.add(ordered.index(report.runs[report.found]))
    return [(rate(run.rates["offered"]), run)
            for index, run in enumerate(ordered) if index in chosen]


def _in_full(run: Run) -> Markup:
    cards = [tables.distributions_table(run), tables.entries_table(run),
             tables.setup_list(run)]
    return element("div", "".join(cards), class_="cards")


def _charts(
    charts: Sequence[Optional[Chart]], ident: str, last: Markup = ""
) -> Markup:
    drawn = [figure(chart, f"{ident}-{index}")
             for index, chart in enumerate(charts) if chart is not None]
    return element("div", "".join(drawn) + last, class_="charts")


def _details(name: str, inside: Markup) -> Markup:
    return element("details", element("summary", text(name)) + inside)


def _with_short_names(reports: Sequence[Report]) -> List[Report]:
    names = [basename(report.name) for report in reports]
    if len(set(names)) < len(names):
        return list(reports)
    return [replace(report, name=name)
            for report, name in zip(reports, names)]


def _title(reports: Sequence[Report]) -> str:
    kinds = {"run": "Load test", "sweep": "Load curve",
             "find-max": "Search for the highest rate"}
    runs = reports[0].runs
    if len(reports) > 1 or not runs:
        return f"{kinds[reports[0].kind]}: " + ", ".join(
            report.name for report in reports)
    models = ", ".join(each.name for each in runs[0].setup.mix)
    return f"{kinds[reports[0].kind]} of {models}"


def _header(reports: Sequence[Report]) -> Markup:
    lines = []
    for report in reports:
        if report.runs:
            lines.append(_where_and_when(report))
    told = "".join(element("p", text(line)) for line in lines)
    return element("header", element("h1", text(_title(reports))) + told)


def _where_and_when(report: Report) -> str:
    first = report.runs[0]
    seconds = short(sum(run.window_s for run in report.runs))
    load = (first.setup.arrivals or f"{first.setup.mode} loop"
            if report.kind == "run" else f"{len(report.runs)} runs")
    return f"{first.setup.target} · {first.started} · {seconds} s · {load}"


def _document(title: str, body: Markup) -> str:
    script, style = _resource("page.js"), _resource("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest())
    # Only this script runs, and nothing is fetched, whatever a name holds.
    policy = (f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
              f"script-src 'sha256-{digest.decode()}'")
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        '<meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,">'
        + element("title", text(title)) + f"<style>{style}</style>"
    )
    return (f'<!DOCTYPE html>\n<html lang="en"><head>{head}</head>\n<body>'
            f'<main>{body}</main><div id="tip" role="status" hidden></div>'
            f"<script>{script}</script></body></html>\n")


def _resource(name: str) -> str:
    folder = files("sconce.cli.loadtest.page")
    return (folder / name).read_text(encoding="utf-8")
