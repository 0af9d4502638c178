"""Charts as data: what is to be seen, without where on the paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Tuple

from sconce.cli.loadtest.page.scales import Scale

# A y of None is a gap.
Point = Tuple[float, Optional[float]]


@dataclass(frozen=True)
class Mark:
    """A dot on a trace, with a few words where there is room."""

    x: float
    y: float
    words: str = ""
    hollow: bool = False


@dataclass(frozen=True)
class Trace:
    """`colour` is a class of page.css; `faint` points, past the first so
    many, are drawn dashed."""

    name: str
    colour: str
    points: Tuple[Point, ...]
    dashed: bool = False
    marks: Tuple[Mark, ...] = ()
    faint_from: Optional[int] = None
    dots: bool = False  # no line between the points

    @property
    def has_values(self) -> bool:
        return any(y is not None for _, y in self.points)


@dataclass(frozen=True)
class Rule:
    """A straight line across the chart at a value of one axis."""

    axis: str  # "x" or "y"
    value: float
    words: str
    colour: str = "limit"


@dataclass(frozen=True)
class Chart:
    """`hover` is the axis along which the pointer picks values. `title` is
    for everybody, `summary` for those who cannot see the chart."""

    title: str
    caption: str
    summary: str
    x: Scale
    x_title: str
    y: Scale
    y_title: str
    traces: Tuple[Trace, ...]
    rules: Tuple[Rule, ...] = ()
    hover: str = "x"

    @property
    def is_empty(self) -> bool:
        return not any(trace.has_values for trace in self.traces)


def thinned(
    points: List[Point], x: Scale, y: Scale, least: float = 1 / 400
) -> List[Point]:
    """Without points that nobody could tell from the one before."""
    kept: List[Point] = []
    last = (-1.0, -1.0)
    for index, (px, py) in enumerate(points):
        place = (x.position(px), y.position(py or 0))
        moved = max(abs(place[0] - last[0]), abs(place[1] - last[1]))
        if moved >= least or index == len(points) - 1:
            kept.append((px, py))
            last = place
    return kept
