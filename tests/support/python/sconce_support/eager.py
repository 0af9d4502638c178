"""What eager PyTorch answers: the truth that the server is held against."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.zoo import ZOO, ZooModel

Arrays = dict[str, NDArray]


@cache
def zoo_model(name: str) -> ZooModel:
    """A model of the zoo, built once for all tests of a run."""
    return ZOO[name]()


def example(name: str) -> Arrays:
    """The model's example inputs by name."""
    model = zoo_model(name)
    return {key: value.numpy() for key, value in model.inputs.items()}


def run_eager(name: str, inputs: Mapping[str, NDArray]) -> Arrays:
    """The outputs under the names and in the order a client must see."""
    model = zoo_model(name)
    # Cloned: a model may return or change its input.
    arguments = [
        torch.from_numpy(np.array(inputs[key])) for key in model.inputs
    ]
    with torch.inference_mode():
        named = _named(model, model.module(*arguments))
    return {key: value.numpy() for key, value in named.items()}


def assert_close(actual: Mapping[str, NDArray], expected: Arrays) -> None:
    """Same names in the same order, same types and shapes, close values."""
    assert list(actual) == list(expected)
    for name, value in expected.items():
        assert actual[name].dtype == value.dtype, name
        assert actual[name].shape == value.shape, name
        np.testing.assert_allclose(
            actual[name], value, rtol=1e-4, atol=1e-5, err_msg=name
        )


def _named(model: ZooModel, result: object) -> dict[str, Tensor]:
    if isinstance(result, dict):
        return result
    if hasattr(result, "_asdict"):
        return result._asdict()
    values = result if isinstance(result, tuple) else (result,)
    if model.config:
        names = [spec.name for spec in model.config.outputs]
    else:
        names = [f"output_{index}" for index in range(len(values))]
    return dict(zip(names, values, strict=True))
