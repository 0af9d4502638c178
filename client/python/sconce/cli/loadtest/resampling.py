"""Confidence of ratios, by the bootstrap over blocks of two runs.

Neighbouring requests of a load test wait in the same queue, so they are not
independent and their number says little about confidence. Blocks, stretches
of the window, come closer to it: each run's blocks are drawn anew, with
replacement, and the figure is taken from the buckets of what was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional, Sequence, Tuple

import numpy as np
import numpy.typing as npt

from sconce.cli.loadtest.run import Block

LEAST_BLOCKS = 5
LEAST_ABOVE = 100  # values above a percentile
_DRAWS, _SEED = 2000, 20261122
_WIDEST_BUCKET = 1 / 128  # of its upper bound; measure/histogram.h

_Floats = npt.NDArray[np.float64]
# Weights of blocks, one row for each draw, to the figure of each draw.
_Figure = Callable[[_Floats], _Floats]


@dataclass(frozen=True)
class Ratio:
    """b / a; `low` and `high` bound it with 95 % confidence, and are None
    with fewer than LEAST_BLOCKS blocks."""

    a: float
    b: float
    ratio: float
    low: Optional[float]
    high: Optional[float]


def compare_rates(
    a: Sequence[Block], b: Sequence[Block], counted: str
) -> Optional[Ratio]:
    """Of the blocks' member `counted`, a second."""
    return _compare(a, b, lambda blocks: _rate(blocks, counted))


def compare_percentiles(
    a: Sequence[Block], b: Sequence[Block], percentile: float
) -> Optional[Ratio]:
    """Of the latencies; None where one side has too few values above it."""
    if any(_above(side, percentile) < LEAST_ABOVE for side in (a, b)):
        return None
    return _compare(a, b, lambda blocks: _quantile(blocks, percentile / 100))


def _compare(
    a: Sequence[Block],
    b: Sequence[Block],
    figure: Callable[[Sequence[Block]], _Figure],
) -> Optional[Ratio]:
    sides = [(figure(side), len(side)) for side in (a, b) if side]
    if len(sides) < 2:
        return None
    whole = [float(of(np.ones((1, size)))[0]) for of, size in sides]
    if min(whole) <= 0:
        return None
    ratio = whole[1] / whole[0]
    if min(size for _, size in sides) < LEAST_BLOCKS:
        return Ratio(whole[0], whole[1], ratio, None, None)
    generator = np.random.default_rng(_SEED)
    logs = [_deviations(of, size, generator) for of, size in sides]
    low, high = np.quantile(logs[1] - logs[0], (0.025, 0.975))
    return Ratio(whole[0], whole[1], ratio, float(ratio * np.exp(low)),
                 float(ratio * np.exp(high)))


def _deviations(
    figure: _Figure, size: int, generator: np.random.Generator
) -> _Floats:
    """Logarithms of the figure of each draw, less that of the whole.

    A draw varies by less than a new run would, the more so the fewer blocks
    there are: by the root of (n - 1) / n, and with the normal's tails in
    place of Student's. Both are put back."""
    weights = generator.multinomial(size, [1 / size] * size, _DRAWS)
    drawn = np.log(np.maximum(figure(weights.astype(float)), 1e-12))
    whole = np.log(figure(np.ones((1, size)))[0])
    return np.asarray((drawn - whole) * _widening(size))


def _widening(size: int) -> float:
    degrees, normal = size - 1, 1.96
    student = normal + (normal**3 + normal) / (4 * degrees) + (
        (5 * normal**5 + 16 * normal**3 + 3 * normal) / (96 * degrees**2))
    return float(np.sqrt(size / degrees) * student / normal)


def _rate(blocks: Sequence[Block], counted: str) -> _Figure:
    counts = np.array([float(getattr(each, counted)) for each in blocks])
    lengths = np.array([each.length_s for each in blocks])

    def figure(weights: _Floats) -> _Floats:
        seconds = weights @ lengths
        return np.asarray((weights @ counts) / np.maximum(seconds, 1e-9))

    return figure


def _quantile(blocks: Sequence[Block], quantile: float) -> _Figure:
    bounds, counts = _table(blocks)
    # Inside a bucket values are taken to lie evenly.
    before = np.concatenate(([0.0], bounds[:-1]))
    lower = np.maximum(before, bounds * (1 - _WIDEST_BUCKET))

    def figure(weights: _Floats) -> _Floats:
        sums = np.cumsum(weights @ counts, axis=1)
        wanted = sums[:, -1] * quantile
        rows = np.arange(len(sums))
        index = np.argmax(sums >= wanted[:, None], axis=1)
        below = np.where(index > 0, sums[rows, index - 1], 0.0)
        inside = (wanted - below) / np.maximum(sums[rows, index] - below, 1e-9)
        return np.asarray(
            lower[index] + (bounds[index] - lower[index]) * inside
        )

    return figure


def _table(blocks: Sequence[Block]) -> Tuple[_Floats, _Floats]:
    """Bounds of all buckets in order, and counts as [block, bucket]."""
    bounds = sorted({bound for each in blocks for bound, _ in each.buckets})
    place = {bound: index for index, bound in enumerate(bounds)}
    counts = np.zeros((len(blocks), len(bounds)))
    for row, each in enumerate(blocks):
        for bound, count in each.buckets:
            counts[row, place[bound]] += count
    return np.array(bounds), counts


def _above(blocks: Sequence[Block], percentile: float) -> float:
    count = sum(count for each in blocks for _, count in each.buckets)
    return count * (1 - percentile / 100)
