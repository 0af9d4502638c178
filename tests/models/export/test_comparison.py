"""Equal within the tolerance of the dtype, and how a difference is told."""

import math

import pytest
import torch
from torch import Tensor

from sconce.export.comparison import compare
from sconce.export.errors import UsageError
from sconce.export.leaves import Leaf
from sconce.export.tolerances import Tolerances


def difference(
    actual: Leaf, expected: Leaf, **tolerances: tuple[float, float]
) -> str | None:
    table = Tolerances(tolerances)
    found = compare({"y": actual}, {"y": expected}, table).difference
    return found.text if found else None


@pytest.mark.parametrize(
    "value",
    [
        torch.tensor([1.0, math.nan, math.inf]),
        torch.zeros(0, 3),
        torch.tensor(True),
        3,
        1.5,
        math.nan,
        "text",
        None,
    ],
)
def test_a_value_equals_itself(value: Leaf) -> None:
    assert difference(value, value) is None


@pytest.mark.parametrize(
    ("actual", "expected"),
    [
        (torch.tensor([1.0, 2.1]), torch.tensor([1.0, 2.0])),
        (torch.tensor([math.nan]), torch.tensor([1.0])),
        (torch.tensor([math.inf]), torch.tensor([-math.inf])),
        (torch.tensor([1, 2]), torch.tensor([1, 3])),
        (torch.tensor([1.0]), torch.tensor([1.0], dtype=torch.float64)),
        (torch.ones(1, 2), torch.ones(2, 1)),
        (torch.zeros(0, 2), torch.zeros(0, 3)),
        (1, True),
        (1, 1.0),
        (1.5, 1.6),
        ("a", "b"),
        (None, torch.zeros(1)),
        (torch.zeros(1), None),
    ],
)
def test_a_difference_is_seen(actual: Leaf, expected: Leaf) -> None:
    assert difference(actual, expected)


def test_the_first_value_and_the_largest_distance_are_told() -> None:
    text = difference(torch.tensor([1.0, 2.5, 9.0]), torch.tensor([1.0, 2, 3]))
    assert text == (
        "2 of 3 values differ, first at [1]: expected 2, got 2.5; largest "
        "difference 6 (rtol 0.0001, atol 1e-05)"
    )


@pytest.mark.parametrize(
    ("dtype", "step", "equal"),
    [
        (torch.float64, 1e-8, True),
        (torch.float64, 1e-5, False),
        (torch.float32, 1e-5, True),
        (torch.float32, 1e-3, False),
        (torch.float16, 5e-3, True),
        (torch.float16, 1e-1, False),
    ],
)
def test_each_dtype_has_a_tolerance(
    dtype: torch.dtype, step: float, equal: bool
) -> None:
    value: Tensor = torch.ones(1, dtype=dtype)
    assert (difference(value + step, value) is None) is equal


def test_a_tolerance_may_be_given() -> None:
    one, other = torch.tensor([1.0]), torch.tensor([1.1])
    assert difference(one, other)
    assert difference(one, other, FP32=(0.2, 0.0)) is None


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"float32": (1.0, 1.0)}, "no dtype 'float32'"),
        ({"FP32": 1e-3}, "expected (rtol, atol)"),
        ({"FP32": (-1.0, 0.0)}, "both >= 0"),
    ],
)
def test_tolerances_that_make_no_sense(
    given: dict[str, tuple[float, float]], expected: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Tolerances(given)
    assert expected in caught.value.message


def test_other_outputs_are_a_difference() -> None:
    found = compare({"a": 1}, {"b": 1}, Tolerances()).difference
    assert found is not None
    assert found.text == "expected the outputs b, got a"
