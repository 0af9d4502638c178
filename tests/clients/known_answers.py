"""Requests and what eager PyTorch answers, as JSON that any language reads."""

from typing import Any

import torch
from torch import Tensor

from example_models import eager

Tensors = dict[str, Any]


def known_answers() -> list[dict[str, Any]]:
    """Each has the model's name, its inputs and its outputs; a tensor has its
    name, datatype, shape and values in row-major order."""
    generator = torch.Generator().manual_seed(4)
    rows = torch.randn(3, 32, generator=generator)
    ids = torch.randint(0, 100, (2, 5), generator=generator)
    return [
        _answer("mlp", "x", rows),
        _answer("embed", "ids", ids),
    ]


def _answer(model: str, name: str, value: Tensor) -> dict[str, Any]:
    with torch.inference_mode():
        output = eager(model)(value)
    return {
        "model": model,
        "inputs": [_tensor(name, value)],
        "outputs": [_tensor("output_0", output)],
    }


def _tensor(name: str, value: Tensor) -> Tensors:
    datatype = {torch.float32: "FP32", torch.int64: "INT64"}[value.dtype]
    return {
        "name": name,
        "datatype": datatype,
        "shape": list(value.shape),
        "values": value.flatten().tolist(),
    }
