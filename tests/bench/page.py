#!/usr/bin/env python3
"""One page about a run: every goal, how far it is, and how it came there.

    page.py [RUN.json]      writes build/bench/report.html; of the newest
                            recorded run when none is named

The page needs no other file: plots are SVG within it.
"""

import html
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import matplotlib

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests/support/python")]

import history  # noqa: E402
import report  # noqa: E402

matplotlib.use("svg")
# Text stays text, and two pages of equal figures are equal.
matplotlib.rcParams["svg.fonttype"] = "none"
matplotlib.rcParams["svg.hashsalt"] = "sconce"

from matplotlib import pyplot  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402

OUT = _ROOT / "build/bench/report.html"

_MET, _MISSED, _PLAIN = "#2a7f4f", "#c0392b", "#4a6fa5"
_GOODPUT = "goodput_"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 62em }
table { border-collapse: collapse } svg { max-width: 100% }
td, th { padding: .2em .8em; text-align: left; border-bottom: 1px solid #ddd }
td.n { text-align: right; font-variant-numeric: tabular-nums }
.met { color: #2a7f4f } .missed { color: #c0392b; font-weight: 600 }
"""

Row = report.Row


def write(run: history.Run, past: Sequence[history.Run], out: Path) -> None:
    """`past` are the runs before, the oldest first."""
    aims = [row for row in run.figures if row["goal"] is not None]
    parts = [
        f"<h1>Benchmark of {html.escape(run.commit)}</h1>",
        _conditions(run),
        "<h2>Goals</h2>",
        _table(aims, run, past),
        _distances(aims) if aims else "",
        *_overload(run.figures),
        *_courses(aims, [*past, run]),
        "<h2>All figures</h2>",
        _table(run.figures, run, past),
    ]
    out.parent.mkdir(parents=True, exist_ok=True)
    title = f"<title>Benchmark of {html.escape(run.commit)}</title>"
    out.write_text(
        f'<!doctype html><meta charset="utf-8">{title}'
        f"<style>{_STYLE}</style>\n" + "\n".join(parts) + "\n")


def _conditions(run: history.Run) -> str:
    facts = {"date": run.date, **run.machine,
             "arguments": " ".join(run.arguments) or "none"}
    cells = "".join(
        f"<tr><td>{html.escape(name.replace('_', ' '))}</td>"
        f"<td>{html.escape(str(value))}</td></tr>"
        for name, value in facts.items()
    )
    return f"<table>{cells}</table>"


def _table(
    rows: Sequence[Row], run: history.Run, past: Sequence[history.Run]
) -> str:
    before = next(
        (p for p in reversed(past)
         if p.machine["processor"] == run.machine["processor"]), None)
    old = {_key(row): row for row in before.figures} if before else {}
    lines = [
        "<tr><th>scenario<th>figure<th>value<th>goal<th>unit"
        "<th>before, on such a machine</tr>"
    ]
    for row in rows:
        then = old.get(_key(row))
        lines.append(
            f"<tr><td>{html.escape(row['scenario'])}"
            f"<td>{html.escape(row['metric'])}"
            f'<td class="n {_verdict(row)}">{_short(row["value"])}'
            f'<td class="n">{_goal(row)}<td>{html.escape(row["unit"])}'
            f'<td class="n">{_short(then["value"]) if then else ""}</tr>'
        )
    return f"<table>{''.join(lines)}</table>"


def _distances(aims: Sequence[Row]) -> str:
    """How much of each goal is reached; a bar to the right of 1 is better."""
    shares = [min(2.0, reached(row)) for row in aims]
    figure, axes = pyplot.subplots(figsize=(9, 0.6 + 0.24 * len(aims)))
    colors = [_MET if row["met"] else _MISSED for row in aims]
    axes.barh(range(len(aims)), shares, color=colors, height=0.6)
    axes.axvline(1, color="black", linewidth=1)
    axes.set_yticks(range(len(aims)), [_name(row) for row in aims])
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel("share of the goal that is reached, cut at 2")
    return _svg()


def _overload(figures: Sequence[Row]) -> Iterable[str]:
    """Goodput over load, for each model."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in figures:
        load = row["metric"].removeprefix(_GOODPUT).removesuffix("x")
        if row["metric"].startswith(_GOODPUT) and load.isdigit():
            lines.setdefault(row["scenario"], []).append(
                (float(load), row["value"]))
    if not lines:
        return
    yield "<h2>Overload</h2>"
    _, axes = pyplot.subplots(figsize=(6, 3.2))
    for scenario, points in lines.items():
        axes.plot(*zip(*points, strict=True), marker="o", label=scenario)
    axes.set(xlabel="offered load, in capacities", ylim=(0, 1.1),
             ylabel="answers in time, in capacities")
    axes.legend()
    yield _svg()


def _courses(aims: Sequence[Row], runs: Sequence[history.Run]) -> Iterable[str]:
    """What has a goal, over the runs in which it was measured."""
    if len(runs) < 2:
        return
    yield "<h2>History</h2>"
    columns = 3
    lines = -(-len(aims) // columns)
    _, grid = pyplot.subplots(
        lines, columns, figsize=(11, 1.9 * lines), squeeze=False)
    for axes, row in zip(grid.flat, aims, strict=False):
        _course(axes, row, runs)
    for axes in list(grid.flat)[len(aims):]:
        axes.axis("off")
    yield _svg()


def _course(axes: Axes, aim: Row, runs: Sequence[history.Run]) -> None:
    points = [
        (number, row["value"])
        for number, run in enumerate(runs)
        for row in run.figures
        if _key(row) == _key(aim)
    ]
    axes.plot(*zip(*points, strict=True), marker=".", color=_PLAIN)
    axes.axhline(aim["goal"], color=_MET, linewidth=1, linestyle="--")
    axes.set_title(_name(aim), fontsize=7)
    axes.set_xticks(
        range(len(runs)), [run.commit[:7] for run in runs], fontsize=6,
        rotation=45)
    axes.tick_params(axis="y", labelsize=6)
    axes.set_ylim(bottom=0)


def _svg() -> str:
    """The current figure, which is closed."""
    buffer = io.StringIO()
    pyplot.savefig(
        buffer, format="svg", bbox_inches="tight", metadata={"Date": None})
    pyplot.close()
    text = buffer.getvalue()
    return text[text.index("<svg"):]


def _is_ceiling(row: Row) -> bool:
    """A row says whether its goal is met; that tells which side is meant."""
    return bool(row["met"] == (row["value"] <= row["goal"]))


def reached(row: Row) -> float:
    """The share of its goal that a figure has; 1 and more is met."""
    value, goal = row["value"], row["goal"]
    if not _is_ceiling(row):
        return value / goal if goal else 1.0
    return goal / value if value > 0 else 2.0


def _key(row: Row) -> tuple[str, str]:
    return row["scenario"], row["metric"]


def _name(row: Row) -> str:
    return f"{row['scenario']}: {row['metric']}"


def _verdict(row: Row) -> str:
    return "" if row["met"] is None else "met" if row["met"] else "missed"


def _goal(row: Row) -> str:
    if row["goal"] is None:
        return ""
    return f"{'≤' if _is_ceiling(row) else '≥'} {_short(row['goal'])}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def main(arguments: Sequence[str]) -> int:
    runs = history.past()
    if arguments:
        runs = [*runs, history.Run.read(Path(arguments[0]))]
    if not runs:
        print("page.py: no run is recorded; `make bench ARGS=--record` "
              "records one", file=sys.stderr)
        return 1
    write(runs[-1], runs[:-1], OUT)
    print(OUT)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
