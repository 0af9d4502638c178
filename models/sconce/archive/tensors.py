"""sconce/examples.safetensors: the tensors of the golden examples, and how
the document refers to them.

The key of a tensor is `<index of the example>/in/<name>` or `…/out/<name>`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from sconce.archive.datatypes import (
    NUMPY_OF_SAFETENSORS,
    Array,
    data_type_of,
)
from sconce.archive.errors import MetadataError
from sconce.archive.field_reader import Field
from sconce.archive.scalars import read_scalar, scalar_to_json
from sconce.archive.specs import Example, Value

SIDES = (("inputs", "in"), ("outputs", "out"))


def example_tensors(
    index: int, example: Example
) -> Iterator[tuple[str, Array]]:
    """Key and array of each tensor of one example."""
    for field, side in SIDES:
        for name, value in getattr(example, field).items():
            if isinstance(value, np.ndarray):
                yield f"{index}/{side}/{name}", value


def size_of(example: Example) -> int:
    """Bytes of the example's tensors."""
    return sum(array.nbytes for _, array in example_tensors(0, example))


def to_safetensors(examples: tuple[Example, ...]) -> bytes:
    """Raises MetadataError for a type that has no name in the protocol."""
    arrays: dict[str, Array] = {}
    for index, example in enumerate(examples):
        for key, array in example_tensors(index, example):
            if data_type_of(array) is None:
                raise MetadataError(
                    f"example '{example.name}': {key.split('/', 2)[2]} is "
                    f"{array.dtype}, which no client can send or receive"
                )
            # ascontiguousarray would make a scalar tensor one-dimensional.
            arrays[key] = np.asarray(array, order="C")
    return safetensors.numpy.save(arrays)


def from_safetensors(data: bytes) -> dict[str, Array]:
    """Read-only arrays by key. Raises MetadataError for damaged data."""
    try:
        stored = safetensors.deserialize(data)  # type: ignore
    except safetensors.SafetensorError as error:
        raise MetadataError(f"the tensors cannot be read: {error}") from None
    return {key: _array(key, each) for key, each in stored}


def _array(key: str, stored: Mapping[str, Any]) -> Array:
    dtype = NUMPY_OF_SAFETENSORS.get(stored["dtype"])
    if dtype is None:
        raise MetadataError(
            f"tensor '{key}' has the type {stored['dtype']}, which no client "
            "can send or receive"
        )
    return np.frombuffer(stored["data"], dtype).reshape(stored["shape"])


def example_to_json(index: int, example: Example) -> dict[str, Any]:
    found: dict[str, Any] = {"name": example.name, "method": example.method}
    for field, side in SIDES:
        found[field] = {
            name: _value_to_json(f"{index}/{side}/{name}", value)
            for name, value in getattr(example, field).items()
        }
    return found


def _value_to_json(key: str, value: Value) -> dict[str, object]:
    if isinstance(value, np.ndarray):
        return {"tensor": key}
    return {"value": scalar_to_json(value)}


def read_example(field: Field, tensors: Mapping[str, Array]) -> Example:
    """Raises MetadataError for a tensor that is not there."""
    inputs, outputs = (
        {
            name: _read_value(each, tensors)
            for name, each in field.at(side).members().items()
        }
        for side, _ in SIDES
    )
    name, method = field.at("name").text(), field.at("method").text()
    return Example(name, method, inputs, outputs)


def _read_value(field: Field, tensors: Mapping[str, Array]) -> Value:
    if not field.has("tensor"):
        return read_scalar(field.at("value"))
    key = field.at("tensor")
    if key.text() not in tensors:
        raise key.fault("a key of sconce/examples.safetensors")
    return tensors[key.text()]
