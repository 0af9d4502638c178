"""Values of any structure, compared with what eager PyTorch returned."""

import dataclasses
from typing import Any

import numpy as np
from torch import Tensor


def assert_same(actual: Any, expected: Any) -> None:
    """Same containers, names and order; equal types, close values."""
    if isinstance(expected, Tensor):
        wanted = expected.numpy()
        assert isinstance(actual, np.ndarray)
        assert (actual.dtype, actual.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(actual, wanted, rtol=1e-4, atol=1e-5)
        return
    if expected is None:
        assert actual is None
        return
    assert type(actual).__name__ == type(expected).__name__
    mine, theirs = items(actual), items(expected)
    assert [key for key, _ in mine] == [key for key, _ in theirs]
    for (_, left), (_, right) in zip(mine, theirs, strict=True):
        assert_same(left, right)


def items(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if dataclasses.is_dataclass(value):
        names = [each.name for each in dataclasses.fields(value)]
        return [(name, getattr(value, name)) for name in names]
    if hasattr(value, "_fields"):
        return list(zip(value._fields, value, strict=True))
    return list(enumerate(value))
