"""Values of callers as tensors of the wire: arrays, torch tensors, numbers,
strings, nested lists of them."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple, Tuple

import numpy as np

from sconce.client.datatypes import (
    NUMPY_TYPES,
    bf16_bytes,
    pack_strings,
    wire_type,
)
from sconce.client.errors import InvalidInput
from sconce.client.metadata import TensorInfo


class WireTensor(NamedTuple):
    """A named tensor; `raw` has its elements, row-major, little-endian."""

    name: str
    datatype: str
    shape: Tuple[int, ...]
    raw: bytes


def is_array(value: object) -> bool:
    """Whether `value` is a tensor of some library, and no Python value."""
    return hasattr(value, "__array__") or hasattr(value, "__dlpack__")


def wire_tensor(name: str, value: object, info: TensorInfo) -> WireTensor:
    """`value` for the input `name`, of which the server says `info`.

    Arrays keep their data type: another one than the model's is for the caller
    to convert, and for the server to refuse. (But for float32 where the model
    takes BF16, which numpy does not have.) Python's own numbers and lists have
    no type of their own and get the model's. Raises InvalidInput.
    """
    if _is_torch_bf16(value):
        return _of_torch_bf16(name, value)
    array = _array(name, value) if is_array(value) else _typed(
        name, value, info
    )
    datatype = wire_type(array.dtype, name)
    if datatype == "FP32" and info.datatype == "BF16":
        return WireTensor(name, "BF16", array.shape, bf16_bytes(array))
    if datatype == "BYTES":
        return WireTensor(name, datatype, array.shape,
                          pack_strings(array, name))
    if array.dtype.byteorder == ">" or (
        sys.byteorder == "big" and array.dtype.byteorder == "="
    ):
        array = array.astype(array.dtype.newbyteorder("<"))
    return WireTensor(name, datatype, array.shape, array.tobytes())


def _is_torch_bf16(value: object) -> bool:
    return str(getattr(value, "dtype", "")) == "torch.bfloat16"


def _of_torch_bf16(name: str, value: Any) -> WireTensor:
    # Who has such a tensor has imported torch; we never do.
    bits = value.detach().cpu().contiguous().view(sys.modules["torch"].int16)
    return WireTensor(name, "BF16", tuple(value.shape), bits.numpy().tobytes())


def _array(name: str, value: Any) -> np.ndarray[Any, Any]:
    """The array behind a tensor of any library, on the host."""
    try:
        if isinstance(value, (np.ndarray, np.generic)):
            return np.asarray(value)
        if all(hasattr(value, each) for each in ("detach", "cpu", "numpy")):
            return np.asarray(value.detach().cpu().numpy())
        if hasattr(value, "__array__"):
            return np.asarray(value)
        return np.from_dlpack(value)
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise InvalidInput(
            f'input "{name}": a {type(value).__name__} cannot be made an '
            f"array: {str(error).splitlines()[0]}"
        ) from None


def _typed(name: str, value: Any, info: TensorInfo) -> np.ndarray[Any, Any]:
    """Numbers, strings and lists of them as the data type that the model
    takes; an int never becomes a bool, nor a float an int."""
    try:
        array = np.asarray(value)
    except ValueError:  # lists of different lengths
        array = np.asarray(value, dtype=object)
    if array.dtype.kind == "O":
        raise InvalidInput(
            f'input "{name}": a {type(value).__name__} is no tensor; expected '
            "an array, a number, a string, or equally long lists of these"
        )
    wanted = np.dtype(NUMPY_TYPES.get(info.datatype, "O"))
    if info.datatype == "BF16":
        wanted = np.dtype("<f4")
    if array.size == 0 or _may_become(array.dtype.kind, wanted.kind):
        array = _converted(name, array, wanted)
    if array.ndim == 0 and len(info.shape) == 1:
        array = array.reshape(1)
    return array


def _may_become(kind: str, wanted: str) -> bool:
    return (kind, wanted) in {
        ("b", "b"), ("i", "i"), ("i", "u"), ("u", "u"), ("u", "i"),
        ("i", "f"), ("u", "f"), ("f", "f"),
    }


def _converted(
    name: str, array: np.ndarray[Any, Any], wanted: np.dtype[Any]
) -> np.ndarray[Any, Any]:
    if wanted.kind == "O":
        return array
    made = array.astype(wanted)
    if wanted.kind in "iu" and not np.array_equal(made, array):
        raise InvalidInput(
            f'input "{name}": {array.ravel()[0]} does not fit '
            f"{wanted.name}"
        )
    return made
