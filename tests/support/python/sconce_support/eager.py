"""What eager PyTorch answers: the truth that the server is held against."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sconce.archive import flatten
from torch import Tensor

from models.zoo import ZOO, Call, ZooModel

Arrays = dict[str, NDArray[Any]]


@cache
def zoo_model(name: str) -> ZooModel:
    """A model of the zoo, built once for all tests of a run."""
    return ZOO[name]()


def example(name: str) -> Arrays:
    """The model's example inputs as a client sends them."""
    return wire_inputs(zoo_model(name).inputs)


def run_eager(name: str, inputs: Mapping[str, NDArray[Any]]) -> Arrays:
    """The outputs for arrays, one for each argument of `forward`."""
    arguments = {
        # Copied: a model may return or change its input.
        key: torch.from_numpy(np.array(inputs[key]))
        for key in zoo_model(name).inputs
    }
    return answer(name, Call(arguments))


def answer(name: str, call: Call) -> Arrays:
    """The outputs under the names and in the order a client must see."""
    model = zoo_model(name)
    with torch.inference_mode():
        result = model.eager(deepcopy(call))
    leaves, _ = flatten(result, "output", output=True)
    if model.config:
        names = [spec.name for spec in model.config.outputs]
    else:
        names = [leaf_name for leaf_name, _ in leaves]
    values = [_array(leaf) for _, leaf in leaves]
    return dict(zip(names, values, strict=True))


def wire_inputs(inputs: Mapping[str, Any]) -> Arrays:
    """Arguments as named arrays; a number is an array without dimensions."""
    return {
        name: _array(leaf)
        for argument, value in inputs.items()
        for name, leaf in flatten(value, argument)[0]
    }


def assert_close(actual: Mapping[str, NDArray[Any]], expected: Arrays) -> None:
    """Same names in the same order, same types and shapes, close values."""
    assert list(actual) == list(expected)
    for name, value in expected.items():
        assert actual[name].dtype == value.dtype, name
        assert actual[name].shape == value.shape, name
        np.testing.assert_allclose(
            actual[name], value, rtol=1e-4, atol=1e-5, err_msg=name
        )


def _array(leaf: object) -> NDArray[Any]:
    return leaf.numpy() if isinstance(leaf, Tensor) else np.array(leaf)
