"""What the page says first: whether the figures count, and what they mean."""

from __future__ import annotations

from typing import List, Sequence

from sconce.cli.loadtest.figures import count, duration, rate, short
from sconce.cli.loadtest.page.html import Markup, element, text
from sconce.cli.loadtest.report import Report
from sconce.cli.loadtest.run import Run

_MOST_LINES = 3


def verdicts(reports: Sequence[Report]) -> Markup:
    alone = len(reports) == 1
    boxes = [box for report in reports
             for box in _of_report(report, "" if alone else report.name)]
    return element("section", "".join(boxes), class_="verdicts",
                   aria_label="Verdict")


def _of_report(report: Report, name: str) -> List[Markup]:
    if report.kind == "run":
        return _of_run(report.runs[0], name)
    return _of_search(report, name)


def _of_run(run: Run, name: str) -> List[Markup]:
    boxes = []
    if run.void:
        boxes.append(_box("bad", name, "VOID: do not believe these figures",
                          run.void))
    boxes.append(_slo(run, name, "plain" if run.void else ""))
    boxes += _notes(run.notes, name) + _reservations([run], name)
    if run.interrupted:
        boxes.append(_box(
            "warn", name, f"Interrupted after {short(run.window_s)} s", ()))
    return boxes


def _of_search(report: Report, name: str) -> List[Markup]:
    boxes = []
    boxes.append(_sweep(report, name) if report.kind == "sweep"
                 else _found(report, name))
    void = [f"{rate(run.rates['offered'])}: {reason}"
            for run in report.runs for reason in run.void]
    if void:
        boxes.append(_box("bad", name, "VOID: some of the runs",
                          _first_of(void)))
    boxes += _notes([f"{rate(run.rates['offered'])}: {note}"
                     for run in report.runs for note in run.notes], name)
    boxes += _reservations(report.runs, name)
    if report.interrupted:
        boxes.append(_box(
            "warn", name, f"Interrupted after {len(report.runs)} runs", ()))
    return boxes


def _found(report: Report, name: str) -> Markup:
    if report.found_rate is None:
        return _box("bad", name, "No rate was found that meets the SLO",
                    _reason(report))
    found, limit = rate(report.found_rate), _limit(report.runs[0])
    if report.at_least:
        return _box("warn", name, f"At least {found} meets {limit}: the "
                    "client, not the server, was the limit", _reason(report))
    return _box("good", name, f"{found} is the highest rate that meets "
                f"{limit}", _reason(report))


def _notes(notes: Sequence[str], name: str) -> List[Markup]:
    return [_box("plain", name, "Note", _first_of(notes))] if notes else []


def _first_of(lines: Sequence[str]) -> Sequence[str]:
    more = len(lines) - _MOST_LINES
    if more <= 0:
        return lines
    return [*lines[:_MOST_LINES], f"and {more} more: see the report"]


def _sweep(report: Report, name: str) -> Markup:
    if not report.runs or report.runs[0].setup.slo_ms is None:
        return _box("plain", name,
                    f"Sweep of {len(report.runs)} rates, without an SLO", ())
    # One in which a high rate meets it by luck says nothing about lower ones.
    met = [run.rates["offered"] for run in report.runs
           if run.slo_met and not run.void]
    limit = _limit(report.runs[0])
    if not met:
        return _box("bad", name, f"None of {len(report.runs)} rates meets "
                    f"{limit}", ())
    return _box("good" if len(met) == len(report.runs) else "warn", name,
                f"{len(met)} of {len(report.runs)} rates meet {limit}",
                [f"The highest of them is {rate(max(met))}."])


def _slo(run: Run, name: str, style: str) -> Markup:
    """With a `style` other than the one that belongs to what it says."""
    if run.setup.slo_ms is None:
        return _box("plain", name, "No SLO was set", (
            "With --slo MS the report tells whether it was met, and goodput "
            "counts late answers as bad.",))
    limit = _limit(run)
    if run.slo_met is None:
        return _box("warn", name, f"Unknown whether this meets {limit}",
                    ("There are too few answers to tell; make it longer.",))
    good = count(run.requests["good"])
    told = (f"{good} of {count(run.requests['offered'])} requests were "
            "answered well and in time.",)
    if run.slo_met:
        return _box(style or "good", name, f"SLO met: {limit}", told)
    return _box(style or "bad", name, f"SLO missed: {limit}", told)


def _reservations(runs: Sequence[Run], name: str) -> List[Markup]:
    boxes = []
    wrong = sum(run.wrong for run in runs)
    if wrong:
        checked = sum(run.checked for run in runs)
        boxes.append(_box(
            "bad", name, f"{count(wrong)} of {count(checked)} answers that "
            "were checked are wrong", [f for run in runs for f in run.faults]))
    if any(run.setup.mode == "closed" for run in runs):
        boxes.append(_box("warn", name, "A closed loop", (
            "It slows down with the server, so its latencies say nothing "
            "about what users of a busy server wait.",)))
    return boxes


def _limit(run: Run) -> str:
    setup = run.setup
    return (f"{setup.slo_percentile:g} % within "
            f"{duration(setup.slo_ms, shortly=True)}")


def _reason(report: Report) -> Sequence[str]:
    return (report.reason,) if report.reason else ()


def _box(
    style: str, name: str, headline: str, lines: Sequence[str]
) -> Markup:
    named = element("span", text(name), class_="of") if name else ""
    inside = named + element("strong", text(headline))
    if len(lines) == 1:
        inside += element("p", text(lines[0]))
    elif lines:
        inside += element("ul", "".join(
            element("li", text(line)) for line in lines))
    return element("div", inside, class_=f"verdict {style}")
