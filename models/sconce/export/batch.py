"""Proves that rows are independent: n rows at once equal n single runs.

Rows that differ in sign and size go into one batch, so that whatever is
computed over all of them (a sum that chooses a branch, a mean that divides)
is another number than for each row alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor

from sconce.export.comparison import compare
from sconce.export.leaves import Inputs, Leaf
from sconce.export.random_values import random_rows
from sconce.export.runner import Answer, Result
from sconce.export.tolerances import Tolerances
from sconce.export.variations import Axis, Variation

Run = Callable[[Inputs], Result]


@dataclass(frozen=True)
class BatchProof:
    """Whether the first dimension counts independent rows, else why not."""

    holds: bool
    reason: str


def prove_batch(
    inputs: Inputs,
    axes: tuple[Axis, ...],
    run: Run,
    tolerances: Tolerances,
    random_sets: int,
) -> BatchProof:
    """`axes` must be the first dimension of every tensor input.

    `random_sets`: so many more sets of rows, with random values.
    """
    reason = _unfit(inputs, axes)
    if reason:
        return BatchProof(False, reason)
    holds = None
    for rows in chain(row_sets(inputs), _random_sets(inputs, random_sets)):
        proof = _prove_rows(rows, run, tolerances)
        if proof is not None and not proof.holds:
            return proof
        holds = holds or proof
    return holds or BatchProof(False, "eager PyTorch refuses a batch of 3")


def batch_variations(inputs: Inputs) -> Iterator[Variation]:
    """The batches of `prove_batch`, for the archive to be held against."""
    for number, rows in enumerate(row_sets(inputs), 1):
        yield Variation(f"different rows {number}", joined(rows))


def row_sets(inputs: Inputs) -> list[list[Inputs]]:
    """Sets of three single-row inputs made from the example's first row."""
    row = {name: _first(value) for name, value in inputs.items()}
    return [
        [_changed(row, change, index) for index, change in enumerate(changes)]
        for changes in _FACTORS
    ]


def _random_sets(inputs: Inputs, count: int) -> Iterator[list[Inputs]]:
    rows = [each.inputs for each in random_rows(inputs, 3 * count)]
    for index in range(count):
        yield rows[3 * index : 3 * index + 3]


def joined(rows: list[Inputs]) -> Inputs:
    """One batch of all rows; scalars are the first row's."""
    return {
        name: torch.cat([_tensor(row[name]) for row in rows])
        if isinstance(value, Tensor)
        else value
        for name, value in rows[0].items()
    }


def _unfit(inputs: Inputs, axes: tuple[Axis, ...]) -> str:
    tensors = [n for n, v in inputs.items() if isinstance(v, Tensor)]
    if not tensors:
        return "there is no tensor input"
    rows = {axis.input for axis in axes if axis.index == 0}
    missing = [name for name in tensors if name not in rows]
    if missing:
        return f"input '{missing[0]}' has no dimension of this size in front"
    if any(_tensor(inputs[name]).shape[0] == 0 for name in tensors):
        return "the example has no row"
    return ""


def _prove_rows(
    rows: list[Inputs], run: Run, tolerances: Tolerances
) -> BatchProof | None:
    """None when eager refuses these rows: they prove nothing."""
    whole = run(joined(rows))
    single = [run(row) for row in rows]
    if not isinstance(whole, Answer):
        return None
    parts = [part for part in single if isinstance(part, Answer)]
    if len(parts) < len(rows):
        return None
    expected = _joined_outputs([part.outputs for part in parts])
    if expected is None:
        return BatchProof(False, "an output has no row for each input row")
    found = compare(whole.outputs, expected, tolerances).difference
    if found is None or _is_rounding(whole.outputs, parts, tolerances):
        return BatchProof(True, "3 rows at once equal 3 single runs")
    return BatchProof(
        False,
        f"3 rows at once differ from 3 single runs in {found.output}: "
        f"{found.text}",
    )


def _is_rounding(
    whole: dict[str, Leaf], parts: list[Answer], tolerances: Tolerances
) -> bool:
    """Whether each row is as near as sums of numbers of its size can be.

    Another kernel is chosen for another batch, and what it adds up in another
    order may nearly cancel out: the largest value of a row is the measure.
    """
    if not all(
        isinstance(value, Tensor) and value.ndim and len(value) == len(parts)
        for value in whole.values()
    ):
        return False
    for index, part in enumerate(parts):
        row: dict[str, Leaf] = {
            name: _tensor(value)[index : index + 1]
            for name, value in whole.items()
        }
        near = tolerances.for_size(_size(part.outputs))
        if compare(row, part.outputs, near).difference:
            return False
    return True


def _size(outputs: dict[str, Leaf]) -> float:
    """The largest finite number in any of the outputs."""
    largest = 0.0
    for value in map(_tensor, outputs.values()):
        finite = value[value.isfinite()]
        if finite.numel():
            largest = max(largest, float(finite.abs().max()))
    return largest


def _joined_outputs(
    outputs: list[dict[str, Leaf]],
) -> dict[str, Leaf] | None:
    """None unless each output is a tensor with one row in every run."""
    names = list(outputs[0])
    if any(list(other) != names for other in outputs) or not names:
        return None
    for name in names:
        if not all(_is_row(other[name]) for other in outputs):
            return None
        if len({_tensor(o[name]).shape for o in outputs}) > 1:
            return None
    return {
        name: torch.cat([_tensor(o[name]) for o in outputs]) for name in names
    }


def _is_row(value: Leaf) -> bool:
    return isinstance(value, Tensor) and value.ndim > 0 and len(value) == 1


def _first(value: Leaf) -> Leaf:
    return value[:1] if isinstance(value, Tensor) and value.ndim else value


# Per set, per row: (factor, whether of the absolute values).
_FACTORS = (
    ((1.0, False), (-2.0, False), (3.0, True)),
    ((-1.0, True), (0.5, True), (1.0, False)),
)


def _changed(row: Inputs, change: tuple[float, bool], index: int) -> Inputs:
    return {
        name: _changed_tensor(value, change, index)
        if isinstance(value, Tensor)
        else value
        for name, value in row.items()
    }


def _changed_tensor(
    value: Tensor, change: tuple[float, bool], index: int
) -> Tensor:
    """Floats are scaled; integers and truth values only move around."""
    factor, absolute = change
    if value.is_floating_point():
        return (value.abs() if absolute else value) * factor
    return value.flatten().roll(index).reshape(value.shape)


def _tensor(value: Leaf) -> Tensor:
    assert isinstance(value, Tensor)
    return value
