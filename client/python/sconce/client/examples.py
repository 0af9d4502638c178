"""Example: a request that a model can be tried with, and the right answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Mapping, Optional

import numpy as np

from sconce.client.datatypes import array_of
from sconce.client.wire import message

Arrays = Mapping[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Example:
    """A golden example of an archive. `model` is what a request calls it:
    "net", or "net:method". `outputs` are what eager PyTorch answered; None
    when the export allowed the model to answer otherwise."""

    name: str
    model: str
    inputs: Arrays
    outputs: Optional[Arrays]


def examples_of(response: Any) -> List[Example]:
    """From a GetModelExamplesResponse."""
    return [_example(example) for example in response.examples]


def _example(example: Any) -> Example:
    request = message("inference.ModelInferRequest").FromString(
        example.request
    )
    answer = message("inference.ModelInferResponse").FromString(
        example.response
    )
    return Example(
        name=example.name,
        model=request.model_name,
        inputs=_arrays(request.inputs, request.raw_input_contents),
        outputs=_arrays(answer.outputs, answer.raw_output_contents)
        if example.response
        else None,
    )


def _arrays(tensors: Any, contents: Any) -> Arrays:
    arrays: Dict[str, np.ndarray[Any, Any]] = {}
    for tensor, raw in zip(tensors, contents):
        arrays[tensor.name] = array_of(
            tensor.name, tensor.datatype, list(tensor.shape), raw
        )
    return arrays
