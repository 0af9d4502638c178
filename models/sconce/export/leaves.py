"""Takes nested example values apart and puts the same Python types back.

`sconce.archive` names and describes structures for clients that do not have
the model's classes. Here the classes are at hand: what is put together again
is what the model's own code expects.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch import Tensor

Leaf = Tensor | bool | int | float | str | None
Inputs = dict[str, Leaf]  # the flattened arguments of one call, by name


def refill(template: object, leaves: Iterator[Leaf]) -> object:
    """`template` with its leaves replaced, in order, by `leaves`.

    None is no leaf, it is part of the structure. What is not listed here is
    a leaf, as for `sconce.archive.flatten`.
    """
    return _transform(template, lambda _: next(leaves))


def _transform(value: object, change: Callable[[object], object]) -> object:
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {key: _transform(item, change) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        make: Any = type(value)
        return make(*(_transform(item, change) for item in value))
    if isinstance(value, tuple):
        return tuple(_transform(item, change) for item in value)
    if isinstance(value, list):
        return [_transform(item, change) for item in value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _transform_fields(value, change)
    return change(value)


def _transform_fields(
    value: object, change: Callable[[object], object]
) -> object:
    fields = {
        field.name: _transform(getattr(value, field.name), change)
        for field in dataclasses.fields(value)  # type: ignore[arg-type]
    }
    return type(value)(**fields)
