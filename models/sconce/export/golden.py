"""Chooses the examples that travel inside the archive."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sconce.archive import Example, Scalar
from sconce.export.domain import Case
from sconce.export.leaves import Leaf

Value = np.ndarray[Any, np.dtype[Any]] | Scalar

LIMIT = 8
BYTES = 4 << 20

# The kinds of variation worth keeping, best first: each breaks other faults.
_PREFERRED = ("given", "more", "different rows", "=", "negated", "10 times")


def choose(
    method: str, cases: tuple[Case, ...], limit: int, room: int
) -> tuple[list[Example], list[str]]:
    """At most `limit` examples in `room` bytes, and the names left out."""
    chosen: list[Case] = []
    left_out: list[str] = []
    for case in _spread(cases)[:limit]:
        size = _size(case)
        if size > room:
            left_out.append(case.variation.name)
            continue
        room -= size
        chosen.append(case)
    return [_example(method, case) for case in chosen], left_out


def size_of(examples: list[Example]) -> int:
    """The bytes of all arrays in `examples`."""
    return sum(
        value.nbytes
        for example in examples
        for value in [*example.inputs.values(), *example.outputs.values()]
        if isinstance(value, np.ndarray)
    )


def _spread(cases: tuple[Case, ...]) -> list[Case]:
    """One of each kind in turn, so that a few show as much as they can."""
    kinds: dict[str, list[Case]] = {kind: [] for kind in _PREFERRED}
    kinds["other"] = []
    for case in cases:
        kinds[_kind(case.variation.name)].append(case)
    ordered: list[Case] = []
    while any(kinds.values()):
        ordered += [queue.pop(0) for queue in kinds.values() if queue]
    return ordered


def _kind(name: str) -> str:
    return next((kind for kind in _PREFERRED if kind in name), "other")


def _example(method: str, case: Case) -> Example:
    return Example(
        name=case.variation.name,
        method=method,
        inputs=_arrays(case.variation.inputs),
        outputs=_arrays(case.answer.outputs),
    )


def _arrays(values: Mapping[str, Leaf]) -> dict[str, Value]:
    return {
        name: to_numpy(value) if isinstance(value, Tensor) else value
        for name, value in values.items()
    }


def to_numpy(value: Tensor) -> np.ndarray[Any, np.dtype[Any]]:
    """The values on the CPU; BF16, which NumPy lacks, by ml_dtypes."""
    value = value.detach().cpu().contiguous()
    if value.dtype != torch.bfloat16:
        return value.numpy()
    import ml_dtypes

    return value.view(torch.int16).numpy().view(ml_dtypes.bfloat16)


def _size(case: Case) -> int:
    values = [*case.variation.inputs.values(), *case.answer.outputs.values()]
    return sum(
        value.numel() * value.element_size()
        for value in values
        if isinstance(value, Tensor)
    )
