"""Other inputs than the example: a name, the values, and other sizes."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from sconce.export.leaves import Inputs


@dataclass(frozen=True)
class Variation:
    """One further call; the name says how it differs from the example."""

    name: str
    inputs: Inputs


@dataclass(frozen=True)
class Axis:
    """One dimension of one input."""

    input: str
    index: int


def content_key(inputs: Inputs) -> object:
    """Equal for equal values, dtypes and shapes."""
    return tuple(
        (value.dtype, value.shape, _digest(value))
        if isinstance(value, Tensor)
        else (type(value), value)
        for value in inputs.values()
    )


def _digest(value: Tensor) -> bytes:
    # A copy has plain strides; contiguous() leaves those of size 1 alone.
    plain = value.detach().cpu().clone(memory_format=torch.contiguous_format)
    data = plain.view(-1).view(torch.uint8).numpy().data
    return hashlib.blake2b(data, digest_size=16).digest()


def resize(value: Tensor, axis: int, size: int) -> Tensor:
    """Repeats or cuts along one axis; zeros where there was nothing."""
    have = value.shape[axis]
    if have == 0:
        shape = [*value.shape]
        shape[axis] = size
        return value.new_zeros(shape)
    index = torch.arange(size, device=value.device) % have
    return value.index_select(axis, index)


def resized(inputs: Inputs, sizes: dict[Axis, int]) -> Inputs:
    """A copy of `inputs` with the given axes at the given sizes."""
    changed = dict(inputs)
    for axis, size in sizes.items():
        value = changed[axis.input]
        assert isinstance(value, Tensor)
        changed[axis.input] = resize(value, axis.index, size)
    return changed
