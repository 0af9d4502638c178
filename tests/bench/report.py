"""Figures as a table for people and as rows for programs."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from comparisons import Comparison, Windows
from contenders import Window
from scenarios import Scenario

# A percentile of fewer answers above it than this is chance.
_ANSWERS_ABOVE = 100
_P99_NEEDS = 100 * _ANSWERS_ABOVE

_COLUMNS = {
    "cpu": "CPU us/item",
    "throughput": "items/s",
    "latency_p50": "p50 us",
    "latency_p99": "p99 us",
    "client": "client cores",
}

Row = dict[str, Any]


def row(
    scenario: str,
    metric: str,
    value: float,
    unit: str,
    goal: float | None = None,
    at_most: bool = False,
) -> Row:
    """One figure in the shape that all benchmarks share.

    The goal is a floor, or with `at_most` a ceiling.
    """
    return {
        "scenario": scenario,
        "metric": metric,
        "value": round(value, 4),
        "unit": unit,
        "goal": goal,
        "met": None if goal is None else is_met(value, goal, at_most),
    }


def is_met(value: float, goal: float, at_most: bool) -> bool:
    return value <= goal if at_most else value >= goal


def rows(scenario: Scenario, windows: Windows) -> list[Row]:
    """The medians of a scenario and the spread of its ratios."""
    made = []
    for label, seen in windows.items():
        for metric, unit, values in _figures(seen):
            name = f"{label}_{metric}"
            made.append(row(scenario.name, name, median(values), unit))
    for each in scenario.comparisons:
        values = each.values(windows)
        made += spread(
            scenario.name, each.name, values, each.unit, each.goal,
            each.at_most)
    return made


def spread(
    scenario: str,
    metric: str,
    values: Sequence[float],
    unit: str,
    goal: float | None = None,
    at_most: bool = False,
) -> list[Row]:
    """The median, on which the goal is, and the range."""
    return [
        row(scenario, metric, median(values), unit, goal, at_most),
        row(scenario, f"{metric}_min", min(values), unit),
        row(scenario, f"{metric}_max", max(values), unit),
    ]


def machine_rows() -> list[Row]:
    """What the figures depend on: without it they say nothing."""
    return [
        row("machine", "cores", os.cpu_count() or 0, "1"),
        row("machine", "load_average_before", os.getloadavg()[0], "1"),
    ]


def write(made: Sequence[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"  {json.dumps(figure)}" for figure in made)
    path.write_text(f"[\n{lines}\n]\n")


def table(scenario: Scenario, windows: Windows) -> str:
    """One line for each contender and each ratio, under the column names."""
    lines = [[scenario.name, *_COLUMNS.values()]]
    for label, seen in windows.items():
        cells = {metric: _cell(values) for metric, _, values in _figures(seen)}
        lines.append([label, *(cells.get(name, "") for name in _COLUMNS)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [
        "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines
    ]
    text += [_line(each, windows) for each in scenario.comparisons]
    return "\n" + "\n".join(text)


def processor_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"


def _figures(seen: list[Window]) -> list[tuple[str, str, list[float]]]:
    """(metric, unit, value of each round) of what there is to say."""
    figures = [
        ("cpu", "us/item", [w.cpu_us_per_item for w in seen]),
        ("throughput", "item/s", [w.items_per_second for w in seen]),
    ]
    if all(w.answers for w in seen):
        figures.append(("latency_p50", "us", [w.p50_us for w in seen]))
        figures.append(("client", "cores", [w.client_cores for w in seen]))
    if all(w.answers >= _P99_NEEDS for w in seen):
        figures.append(("latency_p99", "us", [w.p99_us for w in seen]))
    return figures


def _cell(values: list[float]) -> str:
    spread = f"({_short(min(values))}..{_short(max(values))})"
    return f"{_short(median(values))} {spread}"


def _line(comparison: Comparison, windows: Windows) -> str:
    return line(
        comparison.name,
        comparison.values(windows),
        comparison.goal,
        comparison.at_most,
    )


def line(
    name: str,
    values: Sequence[float],
    goal: float | None = None,
    at_most: bool = False,
) -> str:
    """A median with its range and, where there is a goal, the verdict."""
    middle = median(values)
    text = f"  {name} {middle:.3f} ({min(values):.3f}..{max(values):.3f})"
    if goal is None:
        return text
    verdict = "met" if is_met(middle, goal, at_most) else "MISSED"
    return f"{text}, goal {'<= ' if at_most else ''}{goal}: {verdict}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
