"""Reads `dynamic=`: which dimensions may change, as the caller states it."""

import re
from collections.abc import Mapping

from torch import Tensor

from sconce.export.dimensions import Dimension
from sconce.export.errors import UsageError
from sconce.export.leaves import Inputs
from sconce.export.variations import Axis

Dynamic = Mapping[str, Mapping[int, str]]

_TEXT = re.compile(r"([A-Za-z_]\w*)\s*(?:>=\s*(\d+))?\s*(?:%\s*(\d+))?")


def declared_dimensions(dynamic: Dynamic, inputs: Inputs) -> list[Dimension]:
    """One Dimension per symbolic name, in the order of appearance.

    Raises UsageError for inputs, axes and texts that do not fit, and where
    one name stands for two sizes of the example.
    """
    found: dict[str, Dimension] = {}
    for name, axes in dynamic.items():
        for index, text in axes.items():
            one = _dimension(inputs, name, index, text)
            found[one.name] = _joined(found.get(one.name), one)
    for dimension in found.values():
        _check_size(dimension)
    return list(found.values())


def _dimension(
    inputs: Inputs, name: str, index: int, text: str
) -> Dimension:
    value = inputs.get(name)
    if not isinstance(value, Tensor):
        names = [n for n, v in inputs.items() if isinstance(v, Tensor)]
        raise UsageError(
            f"dynamic: no tensor input '{name}' among {', '.join(names)}"
        )
    if not isinstance(index, int) or not 0 <= index < value.ndim:
        raise UsageError(
            f"dynamic['{name}']: no dimension {index}, the example's shape "
            f"is {list(value.shape)}"
        )
    match = _TEXT.fullmatch(str(text).strip())
    if not match:
        raise UsageError(
            f"dynamic['{name}'][{index}]: cannot read '{text}', expected a "
            "name with limits if there are any: 'height', 'height>=8', "
            "'height%4' or 'height>=8%4'"
        )
    axis, size = Axis(name, index), value.shape[index]
    least, multiple = int(match[2] or 0), int(match[3] or 1)
    return Dimension(match[1], (axis,), size, least, max(1, multiple))


def _joined(known: Dimension | None, one: Dimension) -> Dimension:
    if known is None:
        return one
    if known.size != one.size:
        raise UsageError(
            f"dynamic: '{one.name}' is {known.size} in "
            f"'{known.axes[0].input}' and {one.size} in "
            f"'{one.axes[0].input}', one name is one size"
        )
    return Dimension(
        one.name,
        known.axes + one.axes,
        one.size,
        max(known.minimum, one.minimum),
        max(known.multiple, one.multiple),
    )


def _check_size(dimension: Dimension) -> None:
    size = dimension.size
    if size < dimension.minimum or size % dimension.multiple:
        raise UsageError(
            f"dynamic: the example's '{dimension.name}' is {size}, which is "
            f"not >= {dimension.minimum} and a multiple of "
            f"{dimension.multiple}"
        )
