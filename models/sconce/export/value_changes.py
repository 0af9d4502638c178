"""Other values in the same shapes: what breaks a wrong archive.

Integer tensors stay within the example's range: they are indices more often
than not. Only a single integer is changed like a Python number.
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from sconce.export.leaves import Inputs, Leaf
from sconce.export.variations import Variation, content_key

Change = Callable[[Tensor], Tensor]


def value_variations(inputs: Inputs) -> Iterator[Variation]:
    """The same shapes with other values; only what differs from `inputs`."""
    seen = {content_key(inputs)}
    for name, changed in _candidates(inputs):
        key = content_key(changed)
        if key not in seen:
            seen.add(key)
            yield Variation(name, changed)


def _candidates(inputs: Inputs) -> Iterator[tuple[str, Inputs]]:
    for name, change in _CHANGES.items():
        yield name, _change_all(inputs, change)
    floats = _floats(inputs)
    for name in floats if len(floats) > 1 else ():
        for what in ("negated", "10 times", "-10 times"):
            changed = _CHANGES[what](_tensor(inputs[name]))
            yield f"{name} {what}", {**inputs, name: changed}
    for name, value in inputs.items():
        for other in _other_scalars(value):
            yield f"{name}={_shown(other)}", {**inputs, name: other}


def _change_all(inputs: Inputs, change: Change) -> Inputs:
    return {
        name: change(value) if isinstance(value, Tensor) else value
        for name, value in inputs.items()
    }


def _floats(inputs: Inputs) -> list[str]:
    return [
        name
        for name, value in inputs.items()
        if isinstance(value, Tensor) and value.is_floating_point()
    ]


def _tensor(value: Leaf) -> Tensor:
    assert isinstance(value, Tensor)
    return value


def _permuted(value: Tensor) -> Tensor:
    """The values in another order, the same one at each call."""
    order = torch.Generator().manual_seed(value.numel())
    index = torch.randperm(value.numel(), generator=order)
    return value.flatten()[index].reshape(value.shape)


def _negated(value: Tensor) -> Tensor:
    if value.dtype == torch.bool:
        return ~value
    return -value if value.is_floating_point() else value


def _scaled(factor: float) -> Change:
    def change(value: Tensor) -> Tensor:
        return value * factor if value.is_floating_point() else value

    return change


def _positive(value: Tensor) -> Tensor:
    if value.dtype == torch.bool:
        return torch.ones_like(value)
    return value.abs() if value.is_floating_point() else value


def _negative(value: Tensor) -> Tensor:
    if value.dtype == torch.bool:
        return torch.zeros_like(value)
    return -value.abs() if value.is_floating_point() else value


def _lowest(value: Tensor) -> Tensor:
    if value.is_floating_point() or not value.numel():
        return value
    return value.amin().expand_as(value).clone()


def _highest(value: Tensor) -> Tensor:
    if value.is_floating_point() or not value.numel():
        return value
    return value.amax().expand_as(value).clone()


_CHANGES: dict[str, Change] = {
    "negated": _negated,
    "permuted": _permuted,
    "all positive": _positive,
    "all negative": _negative,
    "10 times": _scaled(10.0),
    "-10 times": _scaled(-10.0),
    "zeros": _scaled(0.0),
    "lowest integers": _lowest,
    "highest integers": _highest,
}


def _other_scalars(value: Leaf) -> list[Leaf]:
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1, value + 2, value - 1, 0]
        case float():
            return [value + 1.0, value * 0.5, -value]
        case str():
            return [value[::-1], f"{value}{value}", ""]
        case Tensor() if value.numel() == 1 and _is_integer(value):
            return [value + 1, value + 2, value - 1]
    return []


def _is_integer(value: Tensor) -> bool:
    return not value.is_floating_point() and value.dtype != torch.bool


def _shown(value: Leaf) -> str:
    return str(value.item()) if isinstance(value, Tensor) else repr(value)
