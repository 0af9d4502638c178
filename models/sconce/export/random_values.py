"""Random inputs, the same ones at each call."""

from collections.abc import Iterator

import torch
from torch import Tensor

from sconce.export.leaves import Inputs, Leaf
from sconce.export.variations import Variation

_MAGNITUDES = (1.0, 10.0, 0.1, 100.0)
_DENSITIES = (0.5, 0.0, 1.0, 0.9, 0.1)  # of True, in one row


def random_variations(inputs: Inputs, count: int) -> Iterator[Variation]:
    """Floats of many magnitudes and offsets; integers and truth values are
    drawn from those of the example."""
    for seed in range(count):
        source = torch.Generator().manual_seed(seed)
        yield Variation(
            f"random values {seed}",
            {name: _random(v, seed, source) for name, v in inputs.items()},
        )


def random_rows(inputs: Inputs, count: int) -> Iterator[Variation]:
    """Single rows: unlike in size, in their largest integer, in how much of
    them is True."""
    for seed in range(count):
        source = torch.Generator().manual_seed(seed)
        yield Variation(
            f"random row {seed}",
            {name: _random_row(v, seed, source) for name, v in inputs.items()},
        )


def random_integers(
    value: Tensor, lowest: int, highest: int, source: torch.Generator
) -> Tensor:
    """Of the shape and dtype of `value`; both limits are possible."""
    wide = torch.randint(
        lowest, highest + 1, value.shape, generator=source, dtype=torch.int64
    )
    return wide.to(value)


def _random(value: Leaf, seed: int, source: torch.Generator) -> Leaf:
    if not isinstance(value, Tensor) or not value.numel():
        return value
    if not value.is_floating_point():
        return _drawn(value, value.shape, source)
    scale = float(value.abs().max()) or 1.0
    scale *= _MAGNITUDES[seed % len(_MAGNITUDES)]
    noise = torch.randn(value.shape, generator=source)
    offset = torch.randn(1, generator=source)
    return ((noise + 2 * offset) * scale).to(value)


def _random_row(value: Leaf, seed: int, source: torch.Generator) -> Leaf:
    if not isinstance(value, Tensor) or not value.ndim:
        return value
    row = value[:1]
    if row.is_floating_point() or not row.numel():
        return _random(row, seed, source)
    if value.dtype == torch.bool:
        density = _DENSITIES[seed % len(_DENSITIES)]
        return (torch.rand(row.shape, generator=source) < density).to(row)
    if seed % 2:
        return _drawn(value, row.shape, source)
    lowest, highest = int(value.min()), int(value.max())
    return random_integers(row, min(0, lowest), highest, source)


def _drawn(
    value: Tensor, shape: torch.Size, source: torch.Generator
) -> Tensor:
    index = torch.randint(value.numel(), shape, generator=source)
    return value.flatten()[index.to(value.device)]
