"""A chart on the page: title, legend, both drawings, and its values for the
pointer."""

from __future__ import annotations

from typing import Any, Dict

from sconce.cli.loadtest.page.chart import Chart
from sconce.cli.loadtest.page.drawing import both, legend
from sconce.cli.loadtest.page.html import Markup, data, element, text
from sconce.cli.loadtest.page.scales import Scale


def figure(chart: Chart, ident: str) -> Markup:
    """`ident` is of this chart alone. Nothing for a chart without values."""
    if chart.is_empty:
        return ""
    inside = (
        element("h3", text(chart.title))
        + legend(chart)
        + "".join(both(chart, ident))
        + element("figcaption", text(chart.caption))
        + data(_values(chart))
    )
    return element("figure", inside, class_="chart", id=ident)


def _values(chart: Chart) -> Dict[str, Any]:
    return {
        "hover": chart.hover,
        "x": _scale(chart.x),
        "y": _scale(chart.y),
        "traces": [
            {
                "name": trace.name,
                "colour": trace.colour,
                "points": [[_rounded(x), _rounded(y)]
                           for x, y in trace.points if y is not None],
            }
            for trace in chart.traces
        ],
    }


def _scale(scale: Scale) -> Dict[str, Any]:
    return {"kind": scale.kind, "low": scale.low, "high": scale.high,
            "unit": scale.unit}


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
