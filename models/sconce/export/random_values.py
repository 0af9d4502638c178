"""Random inputs, the same ones at each call."""

from collections.abc import Iterator

import torch
from torch import Tensor

from sconce.export.leaves import Inputs, Leaf
from sconce.export.variations import Variation

_MAGNITUDES = (1.0, 10.0, 0.1, 100.0)


def random_variations(inputs: Inputs, count: int) -> Iterator[Variation]:
    """Floats of many magnitudes and offsets; integers and truth values are
    drawn from those of the example."""
    for seed in range(count):
        source = torch.Generator().manual_seed(seed)
        yield Variation(
            f"random values {seed}",
            {name: _random(v, seed, source) for name, v in inputs.items()},
        )


def _random(value: Leaf, seed: int, source: torch.Generator) -> Leaf:
    if not isinstance(value, Tensor) or not value.numel():
        return value
    if not value.is_floating_point():
        return _drawn(value, source)
    scale = float(value.abs().max()) or 1.0
    scale *= _MAGNITUDES[seed % len(_MAGNITUDES)]
    noise = torch.randn(value.shape, generator=source)
    offset = torch.randn(1, generator=source)
    return ((noise + 2 * offset) * scale).to(value)


def _drawn(value: Tensor, source: torch.Generator) -> Tensor:
    index = torch.randint(value.numel(), value.shape, generator=source)
    return value.flatten()[index]
