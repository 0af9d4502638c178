"""Axes: where a value stands between 0 and 1, and which ticks there are."""

from __future__ import annotations

import math
from typing import List, Tuple

from sconce.cli.loadtest.figures import duration, short

Tick = Tuple[float, str]  # a value, and what is written there


class Scale:
    """From `low` to `high` of a `unit`: `ms`, `s`, `min`, `/s` or `%`. `kind`
    is how page.js computes the same position: `linear`, `log` or `share`."""

    kind = "linear"

    def __init__(self, low: float, high: float, unit: str) -> None:
        self.low = self._inner(low)
        self.high = self._inner(high)
        if not self.high > self.low:
            self.high = self.low + 1
        self.unit = unit

    def position(self, value: float) -> float:
        """0 at `low`, 1 at `high`; what is beyond stands at the edge."""
        place = (self._inner(value) - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, place))

    def ticks(self, most: int) -> List[Tick]:
        """At most so many, more or less, at round values."""
        step = _round_step((self.high - self.low) / max(1, most))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        values = [index * step for index in range(first, last + 1)]
        return [(value, self.words(value)) for value in values]

    def words(self, value: float) -> str:
        """At a tick; the axis' title tells the unit, but of times."""
        return (duration(value, shortly=True) if self.unit == "ms"
                else short(value))

    def _inner(self, value: float) -> float:
        return value


class Log(Scale):
    """Of positive values."""

    kind = "log"
    _LEAST = 1e-6

    def ticks(self, most: int) -> List[Tick]:
        for mantissas in ((1, 1.5, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,)):
            found = self._at(mantissas, 1)
            if len(found) <= most:
                break
        every = 1
        while len(found) > most:
            every += 1
            found = self._at((1,), every)
        return [(value, self.words(value)) for value in found]

    def _at(self, mantissas: Tuple[float, ...], every: int) -> List[float]:
        decades = range(math.floor(self.low), math.ceil(self.high) + 1)
        values = [mantissa * 10.0**decade for decade in decades
                  if decade % every == 0 for mantissa in mantissas]
        return [value for value in values
                if self.low - 1e-9 <= self._inner(value) <= self.high + 1e-9]

    def _inner(self, value: float) -> float:
        return math.log10(max(value, self._LEAST))


class Share(Scale):
    """Percentiles, such that each further nine takes as much room, and those
    below the half as much as those above."""

    kind = "share"
    _MARKS = (1.0, 10.0, 50.0, 90.0, 99.0, 99.9, 99.99, 99.999, 99.9999,
              99.99999)

    def ticks(self, most: int) -> List[Tick]:
        return [(mark, f"{mark:.7g} %") for mark in self._MARKS
                if self.low - 1e-9 <= self._inner(mark) <= self.high + 1e-9]

    def _inner(self, value: float) -> float:
        share = min(max(value / 100, 1e-9), 1 - 1e-9)
        return math.log10(share / (1 - share))


def log_of_times(values: List[float]) -> Log:
    """Milliseconds; wide enough that the ends do not touch the frame."""
    good = [value for value in values if value > 0] or [1.0]
    low, high = min(good), max(good)
    margin = max(1.08, (high / low) ** 0.04)
    if high / low < 1.5:
        margin = 1.3
    return Log(low / margin, high * margin, "ms")


def from_zero(values: List[float], unit: str) -> Scale:
    return Scale(0, max(values, default=0) * 1.08 or 1, unit)


def _round_step(least: float) -> float:
    size = 10.0 ** math.floor(math.log10(least))
    for step in (1, 2, 2.5, 5, 10):
        if step * size >= least * (1 - 1e-9):
            break
    return float(step * size)
