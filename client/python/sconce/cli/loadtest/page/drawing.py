"""Charts as SVG. Each is drawn twice, for wide windows and for phones: text
that shrinks with its chart cannot be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Tuple

from sconce.cli.loadtest.page.chart import Chart, Mark, Rule, Trace
from sconce.cli.loadtest.page.html import Markup, element, text
from sconce.cli.loadtest.page.scales import Tick

_GLYPH = 6.9  # width of a digit at the size of page.css, in its units
_LINE = 16


@dataclass(frozen=True)
class Paper:
    """Sizes in the units of the SVG, which are pixels or nearly so."""

    name: str
    width: int
    height: int
    x_ticks: int
    y_ticks: int


WIDE = Paper("wide", 610, 340, 7, 6)
NARROW = Paper("narrow", 340, 290, 4, 5)


class Drawing:
    """One chart on one paper."""

    def __init__(self, chart: Chart, paper: Paper, ident: str) -> None:
        self._chart, self._paper, self._id = chart, paper, ident
        self._y_ticks = chart.y.ticks(paper.y_ticks)
        widest = max((len(words) for _, words in self._y_ticks), default=1)
        self.left = widest * _GLYPH + 14
        self.right = paper.width - 14.0
        self.top, self.bottom = 26.0, paper.height - 42.0

    def svg(self) -> Markup:
        chart, paper = self._chart, self._paper
        title, summary = f"{self._id}-t", f"{self._id}-d"
        parts = [
            element("title", text(chart.title), id=title),
            element("desc", text(chart.summary), id=summary),
            self._grid(),
            *(self._rule_line(each) for each in chart.rules),
            *(self._trace(each) for each in chart.traces),
            *(self._rule_words(each) for each in chart.rules),
            *(self._mark_words(each) for each in chart.traces),
            '<line class="cross" visibility="hidden"></line>',
        ]
        return element(
            "svg", "".join(parts), class_=f"plot {paper.name}", role="img",
            viewBox=f"0 0 {paper.width} {paper.height}",
            aria_labelledby=f"{title} {summary}",
            data_frame=" ".join(_number(each) for each in (
                self.left, self.top, self.right, self.bottom)),
        )

    def _x(self, value: float) -> float:
        place = self._chart.x.position(value)
        return self.left + place * (self.right - self.left)

    def _y(self, value: float) -> float:
        place = self._chart.y.position(value)
        return self.bottom - place * (self.bottom - self.top)

    def _grid(self) -> Markup:
        chart, parts = self._chart, []
        for value, words in self._y_ticks:
            y = self._y(value)
            parts.append(_line("grid", self.left, y, self.right, y))
            parts.append(_words(self.left - 7, y + 4, words, "end", "tick"))
        for value, words in self._x_ticks():
            x = self._x(value)
            parts.append(_line("grid", x, self.top, x, self.bottom))
            parts.append(_words(x, self.bottom + 17, words, "middle", "tick"))
        parts.append(_line("axis", self.left, self.bottom, self.right,
                           self.bottom))
        parts.append(_words(2, 13, chart.y_title, "start", "axis-title"))
        parts.append(_words(self.right, self._paper.height - 6, chart.x_title,
                            "end", "axis-title"))
        return "".join(parts)

    def _x_ticks(self) -> List[Tick]:
        """As many as have room beside each other, inside the paper."""
        for most in range(self._paper.x_ticks, 1, -1):
            ticks = self._chart.x.ticks(most)
            if self._have_room(ticks):
                return ticks
        return self._chart.x.ticks(2)[:1]

    def _have_room(self, ticks: List[Tick]) -> bool:
        end = -1.0
        for value, words in ticks:
            half = len(words) * _GLYPH / 2
            begin = self._x(value) - half
            if begin < end + 8 or begin + 2 * half > self._paper.width:
                return False
            end = begin + 2 * half
        return True

    def _trace(self, trace: Trace) -> Markup:
        parts = []
        split = trace.faint_from
        if trace.dots:
            parts.append(self._dots(trace))
        else:
            end = len(trace.points) if split is None else split + 1
            style = "line dashed" if trace.dashed else "line"
            parts.append(self._path(trace, 0, end, style))
            if split is not None:
                parts.append(self._path(trace, split, len(trace.points),
                                        "line faint"))
        for mark in trace.marks:
            parts.append(element(
                "circle", cx=_number(self._x(mark.x)),
                cy=_number(self._y(mark.y)), r=3.6,
                class_="mark hollow" if mark.hollow else "mark"))
        return element("g", "".join(parts), class_=trace.colour)

    def _path(self, trace: Trace, begin: int, end: int, style: str) -> Markup:
        steps, gap = [], True
        for x, y in trace.points[begin:end]:
            if y is not None:
                place = f"{_number(self._x(x))} {_number(self._y(y))}"
                # A point between gaps would be no line at all.
                steps.append(f"M{place}h0" if gap else f"L{place}")
            gap = y is None
        return element("path", class_=style, d="".join(steps))

    def _dots(self, trace: Trace) -> Markup:
        steps = [f"M{_number(self._x(x))} {_number(self._y(y))}h0"
                 for x, y in trace.points if y is not None]
        return element("path", class_="line dots", d="".join(steps))

    def _mark_words(self, trace: Trace) -> Markup:
        return "".join(self._words_at(mark) for mark in trace.marks
                       if mark.words)

    def _words_at(self, mark: Mark) -> Markup:
        """Left of the mark, where a rising curve has not been, and below the
        title of the axis."""
        x, y = self._x(mark.x) - 8, self._y(mark.y)
        y += 4 if y < self.top + _LINE else -5
        anchor = "end"
        if x - len(mark.words) * _GLYPH < self.left:
            x, y, anchor = self._x(mark.x) + 9, self._y(mark.y) + 14, "start"
        return _words(x, y, mark.words, anchor, "mark-words")

    def _rule_line(self, rule: Rule) -> Markup:
        style = f"rule {rule.colour}"
        if rule.axis == "x":
            x = self._x(rule.value)
            return _line(style, x, self.top, x, self.bottom)
        y = self._y(rule.value)
        return _line(style, self.left, y, self.right, y)

    def _rule_words(self, rule: Rule) -> Markup:
        style = f"rule-words {rule.colour}"
        if rule.axis == "x":
            x, y = self._x(rule.value), self.bottom - 6
            if x + len(rule.words) * _GLYPH > self.right:
                return _words(x - 5, y, rule.words, "end", style)
            return _words(x + 5, y, rule.words, "start", style)
        y = self._y(rule.value)
        y = y + _LINE - 2 if y - self.top < _LINE else y - 5
        # On the left, where a curve that rises with the load is not.
        return _words(self.left + 6, y, rule.words, "start", style)


def _line(
    style: str, x1: float, y1: float, x2: float, y2: float
) -> Markup:
    return element("line", class_=style, x1=_number(x1), y1=_number(y1),
                   x2=_number(x2), y2=_number(y2))


def _words(
    x: float, y: float, words: str, anchor: str, style: str
) -> Markup:
    return element("text", text(words), x=_number(x), y=_number(y),
                   text_anchor=anchor, class_=style)


def _number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def both(chart: Chart, ident: str) -> Tuple[Markup, Markup]:
    """On either paper; the page shows one of them."""
    return (Drawing(chart, WIDE, f"{ident}-w").svg(),
            Drawing(chart, NARROW, f"{ident}-n").svg())


def legend(chart: Chart) -> Markup:
    entries = [
        element("li", _key(trace) + text(trace.name), class_=trace.colour)
        for trace in chart.traces if trace.has_values
    ]
    return element("ul", "".join(entries), class_="legend")


def _key(trace: Trace) -> Markup:
    style = "line dashed" if trace.dashed else "line"
    if trace.dots:
        inside = '<path class="line dots" d="M6 6h0M18 6h0"/>'
    else:
        inside = f'<path class="{style}" d="M1 6h22"/>'
    return element("svg", inside, class_="key", viewBox="0 0 24 12",
                   aria_hidden="true")
