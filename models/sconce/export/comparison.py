"""Finds the first output in which an archive differs from eager PyTorch."""

from dataclasses import dataclass

import torch
from torch import Tensor

from sconce.export.leaves import Leaf
from sconce.export.tolerances import Tolerances

Outputs = dict[str, Leaf]


@dataclass(frozen=True)
class Difference:
    """The first output that differs, and by how much, in one line."""

    output: str
    text: str


@dataclass(frozen=True)
class Comparison:
    """The verdict on one pair of results."""

    difference: Difference | None
    largest: float = 0.0  # of |actual - expected| over all outputs


def compare(
    actual: Outputs, expected: Outputs, tolerances: Tolerances
) -> Comparison:
    """Compares names, kinds, dtypes, shapes and values, in this order."""
    if list(actual) != list(expected):
        text = f"expected the outputs {_names(expected)}, got {_names(actual)}"
        return Comparison(Difference("outputs", text))
    largest = 0.0
    for name, wanted in expected.items():
        text, distance = _compare_leaf(actual[name], wanted, tolerances)
        if text:
            return Comparison(Difference(name, text), distance)
        largest = max(largest, distance)
    return Comparison(None, largest)


def _names(outputs: Outputs) -> str:
    return ", ".join(outputs) or "none"


def _compare_leaf(
    actual: Leaf, expected: Leaf, tolerances: Tolerances
) -> tuple[str, float]:
    """A sentence about the difference, empty when there is none."""
    if not isinstance(expected, Tensor) or not isinstance(actual, Tensor):
        return _compare_scalar(actual, expected, tolerances), 0.0
    for what in ("dtype", "shape"):
        wanted, found = getattr(expected, what), getattr(actual, what)
        if wanted != found:
            text = f"expected {what} {_plain(wanted)}, got {_plain(found)}"
            return text, 0.0
    if not expected.numel():
        return "", 0.0
    return _compare_values(actual, expected, tolerances)


def _compare_scalar(
    actual: Leaf, expected: Leaf, tolerances: Tolerances
) -> str:
    if type(actual) is type(expected):
        if actual == expected:
            return ""
        if isinstance(expected, float) and not _compare_values(
            torch.tensor([actual], dtype=torch.float64),
            torch.tensor([expected], dtype=torch.float64),
            tolerances,
        )[0]:
            return ""
    return f"expected {_shown(expected)}, got {_shown(actual)}"


def _compare_values(
    actual: Tensor, expected: Tensor, tolerances: Tolerances
) -> tuple[str, float]:
    allowed = tolerances.of(expected.dtype)
    if torch.allclose(
        actual, expected, allowed.rtol, allowed.atol, equal_nan=True
    ):
        return "", _largest(actual, expected)
    wrong = ~torch.isclose(
        actual, expected, allowed.rtol, allowed.atol, equal_nan=True
    )
    index = tuple(wrong.nonzero()[0].tolist())
    largest = _largest(actual, expected)
    text = (
        f"{int(wrong.sum())} of {wrong.numel()} values differ, first at "
        f"{list(index)}: expected {_number(expected[index])}, got "
        f"{_number(actual[index])}; largest difference {largest:.3g} "
        f"({allowed})"
    )
    return text, largest


def _largest(actual: Tensor, expected: Tensor) -> float:
    """NaN against NaN, and infinity against the same, are no distance."""
    distance = (actual.double() - expected.double()).abs()
    same = (actual == expected) | (actual.isnan() & expected.isnan())
    return float(distance.masked_fill(same, 0.0).max())


def _number(value: Tensor) -> str:
    number = value.item()
    return f"{number:.6g}" if isinstance(number, float) else str(number)


def _plain(value: torch.dtype | torch.Size) -> str:
    if isinstance(value, torch.Size):
        return str(list(value))
    return str(value).removeprefix("torch.")


def _shown(value: Leaf) -> str:
    if isinstance(value, Tensor):
        return f"a tensor of shape {list(value.shape)}"
    return f"{type(value).__name__} {value!r}"
