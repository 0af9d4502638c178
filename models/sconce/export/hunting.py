"""Inputs far from the example, for a trace that the tracer has warned of.

A branch that no usual variation takes is often one for large values, NaN,
a certain integer, or a size above a limit. What eager refuses of these proves
nothing, so they may go beyond what the model was made for.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from sconce.export.dimensions import Dimension
from sconce.export.leaves import Inputs
from sconce.export.random_values import random_integers, random_variations
from sconce.export.variations import Variation, resized

_RANDOM = 24
_WIDE = 8  # sets of integers from 0 to beyond the example's largest
_GROWTH = (4, 16, 64)
_MOST_VALUES = 1 << 20  # in all tensors of a larger size


def hunted_variations(
    given: Inputs, dimensions: tuple[Dimension, ...]
) -> Iterator[Variation]:
    yield from random_variations(given, _RANDOM)
    for name, change in _EXTREMES.items():
        yield Variation(name, _changed(given, change))
    for seed in range(_WIDE):
        source = torch.Generator().manual_seed(seed)
        name = f"wide integers {seed}"
        yield Variation(name, _wide_integers(given, source))
    yield from _larger(given, dimensions)


def _changed(given: Inputs, change: Callable[[Tensor], Tensor]) -> Inputs:
    return {
        name: change(value) if isinstance(value, Tensor) else value
        for name, value in given.items()
    }


def _scaled(factor: float) -> Callable[[Tensor], Tensor]:
    def change(value: Tensor) -> Tensor:
        return value * factor if value.is_floating_point() else value

    return change


def _with_nan(value: Tensor) -> Tensor:
    """One NaN, in the first place."""
    if not value.is_floating_point() or not value.numel():
        return value
    changed = value.clone()
    changed.view(-1)[0] = torch.nan
    return changed


def _filled(number: int) -> Callable[[Tensor], Tensor]:
    def change(value: Tensor) -> Tensor:
        if value.is_floating_point():
            return value
        return torch.full_like(value, number)

    return change


_EXTREMES: dict[str, Callable[[Tensor], Tensor]] = {
    "1e4 times": _scaled(1e4),
    "1e8 times": _scaled(1e8),
    "1e-4 times": _scaled(1e-4),
    "a NaN": _with_nan,
    "all integers 0": _filled(0),
    "all integers 1": _filled(1),
}


def _wide_integers(given: Inputs, source: torch.Generator) -> Inputs:
    def change(value: Tensor) -> Tensor:
        if value.is_floating_point() or not value.numel():
            return value
        if value.dtype == torch.bool:
            return random_integers(value, 0, 1, source)
        top = torch.iinfo(value.dtype).max
        highest = min(2 * abs(int(value.max())) + 8, top)
        return random_integers(value, 0, highest, source)

    return _changed(given, change)


def _larger(
    given: Inputs, dimensions: tuple[Dimension, ...]
) -> Iterator[Variation]:
    """Each dimension alone at many times its size."""
    for one in dimensions:
        for growth in _GROWTH:
            size = max(one.size, one.multiple) * growth
            if _values(given) * growth <= _MOST_VALUES:
                yield Variation(
                    f"{one.name}={size}", resized(given, one.at(size))
                )


def _values(given: Inputs) -> int:
    return sum(
        value.numel() for value in given.values() if isinstance(value, Tensor)
    )
