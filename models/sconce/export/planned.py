"""The variations that are tried on a method, given what may change."""

from collections.abc import Iterator

from sconce.export.batch import batch_variations
from sconce.export.dimensions import Dimension
from sconce.export.leaves import Inputs
from sconce.export.value_changes import value_variations
from sconce.export.variations import Axis, Variation, resized


def planned_variations(
    given: Inputs,
    dimensions: list[Dimension],
    *,
    has_batch: bool,
    reads_values: bool,
) -> Iterator[Variation]:
    """Other sizes, batches of different rows, and other values."""
    yield from _other_sizes(given, dimensions)
    if has_batch:
        yield from batch_variations(given)
    yield from value_variations(given)
    if reads_values:
        yield from _sizes_and_values(given, dimensions)


def _other_sizes(
    given: Inputs, dimensions: list[Dimension]
) -> Iterator[Variation]:
    for one in dimensions:
        for size in _sizes(one):
            yield Variation(f"{one.name}={size}", resized(given, one.at(size)))
    if len(dimensions) > 1:
        sizes: dict[Axis, int] = {}
        for one in dimensions:
            sizes |= one.at(one.size + one.multiple)
        yield Variation("all dimensions larger", resized(given, sizes))


def _sizes_and_values(
    given: Inputs, dimensions: list[Dimension]
) -> Iterator[Variation]:
    """Another size and another branch at once."""
    for one in dimensions:
        size = one.size + one.multiple
        for other in value_variations(resized(given, one.at(size))):
            if other.name.endswith(("negated", " 10 times")):
                name = f"{one.name}={size}, {other.name}"
                yield Variation(name, other.inputs)


def _sizes(dimension: Dimension) -> list[int]:
    """Other sizes than the example's, the smallest among them."""
    step, size = dimension.multiple, dimension.size
    wanted = {dimension.minimum, size + step, size - step}
    if any(axis.index == 0 for axis in dimension.axes):
        wanted |= {1, 2, 3}
    return sorted(
        other
        for other in wanted
        if other != size
        and other >= dimension.minimum
        and other % step == 0
    )
