"""How windows of contenders are held against each other."""

import os
from dataclasses import dataclass
from typing import Literal, Protocol

from contenders import Window

Windows = dict[str, list[Window]]


class Comparison(Protocol):
    """One contender held against another, window by window."""

    @property
    def name(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def goal(self) -> float | None: ...
    @property
    def at_most(self) -> bool:
        """Whether the goal is a ceiling."""

    def values(self, windows: Windows) -> list[float]:
        """One for each round, of two windows that were measured in turn."""


@dataclass(frozen=True)
class Ratio:
    """How close a contender comes to a yardstick; 1 is as good as it.

    `cpu` divides the yardstick's CPU time per item by the contender's,
    `throughput` the contender's items per second by the yardstick's.
    """

    measure: Literal["cpu", "throughput"]
    of: str
    to: str
    goal: float | None = None
    unit = "1"
    at_most = False

    @property
    def name(self) -> str:
        return f"{self.of}_{self.measure}_ratio_to_{self.to}"

    def values(self, windows: Windows) -> list[float]:
        pairs = zip(windows[self.of], windows[self.to], strict=True)
        if self.measure == "cpu":
            return [b.cpu_us_per_item / a.cpu_us_per_item for a, b in pairs]
        return [a.items_per_second / b.items_per_second for a, b in pairs]


@dataclass(frozen=True)
class Excess:
    """How much more CPU time per item a contender takes than another."""

    of: str
    to: str
    goal: float | None = None
    unit = "us/item"
    at_most = True

    @property
    def name(self) -> str:
        return f"{self.of}_cpu_above_{self.to}"

    def values(self, windows: Windows) -> list[float]:
        pairs = zip(windows[self.of], windows[self.to], strict=True)
        return [a.cpu_us_per_item - b.cpu_us_per_item for a, b in pairs]


@dataclass(frozen=True)
class Cost:
    """The CPU time per item of a contender, with a ceiling."""

    of: str
    goal: float
    unit = "us/item"
    at_most = True

    @property
    def name(self) -> str:
        return f"{self.of}_cpu_per_item"

    def values(self, windows: Windows) -> list[float]:
        return [window.cpu_us_per_item for window in windows[self.of]]


@dataclass(frozen=True)
class Slope:
    """How much more CPU time a byte takes with a contender than with another:
    each is given as its small and its large requests."""

    of: tuple[str, str]
    to: tuple[str, str]
    goal: float
    unit = "1"
    at_most = True

    @property
    def name(self) -> str:
        return f"{self.of[1]}_slope_ratio_to_{self.to[1]}"

    def values(self, windows: Windows) -> list[float]:
        labels = (*self.of, *self.to)
        rounds = zip(*(windows[label] for label in labels), strict=True)
        return [
            (b.cpu_us_per_item - a.cpu_us_per_item)
            / (d.cpu_us_per_item - c.cpu_us_per_item)
            for a, b, c, d in rounds
        ]


@dataclass(frozen=True)
class AddedLatency:
    """What a percentile of the latency has beyond those of the model's forward
    and of the echo's round trip: gathering, hand-offs between threads,
    wake-ups."""

    percentile: Literal["p50", "p99"]
    of: str
    forward: str
    round_trip: str
    goal: float
    unit = "us"
    at_most = True

    @property
    def name(self) -> str:
        return f"{self.of}_added_{self.percentile}"

    def values(self, windows: Windows) -> list[float]:
        labels = (self.of, self.forward, self.round_trip)
        rounds = zip(*(windows[label] for label in labels), strict=True)
        return [self._of(a) - self._of(b) - self._of(c) for a, b, c in rounds]

    def _of(self, window: Window) -> float:
        return window.p50_us if self.percentile == "p50" else window.p99_us


@dataclass(frozen=True)
class Efficiency:
    """How close a contender comes to what any server could reach here.

    An item costs at least the forward (`loop`), and for its transport what the
    echo and its client take; the client runs on the same machine. With N cores
    X_max = N / (sum of the three), or what the lanes can do, if that is less.
    `cpu` divides that sum by the CPU time of the contender and its client.
    """

    measure: Literal["cpu", "throughput"]
    of: str
    loop: str
    echo: str
    lanes: int
    goal: float
    unit = "1"
    at_most = False

    @property
    def name(self) -> str:
        return f"{self.of}_{self.measure}_ratio_to_x_max"

    def values(self, windows: Windows) -> list[float]:
        labels = (self.of, self.loop, self.echo)
        rounds = zip(*(windows[label] for label in labels), strict=True)
        return [self._value(*each) for each in rounds]

    def _value(self, seen: Window, loop: Window, echo: Window) -> float:
        least_us = loop.cpu_us_per_item + echo.all_cpu_us_per_item
        if self.measure == "cpu":
            return least_us / seen.all_cpu_us_per_item
        cores = len(os.sched_getaffinity(0))
        most = min(cores / least_us, self.lanes / loop.cpu_us_per_item) * 1e6
        return seen.items_per_second / most
