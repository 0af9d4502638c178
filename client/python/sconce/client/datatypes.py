"""The wire's data types as numpy's, and the bytes of arrays.

BF16 is no type of numpy: such tensors come out as float32, which holds each of
its values, and float32 arrays are rounded to it (to the nearest, ties to even)
where the model asks for BF16.
"""

from __future__ import annotations

import struct
from typing import Any, Dict, List

import numpy as np

from sconce.client.errors import Error, InvalidInput

NUMPY_TYPES: Dict[str, str] = {
    "BOOL": "?",
    "UINT8": "<u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "<i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
_WIRE_TYPES = {np.dtype(each): name for name, each in NUMPY_TYPES.items()}


def wire_type(dtype: np.dtype[Any], name: str) -> str:
    """The wire's name of a dtype of either byte order. InvalidInput names the
    input `name` when there is none."""
    if dtype.kind in "OSU" or dtype.kind == "T":
        return "BYTES"
    if dtype.name == "bfloat16":  # of the package ml_dtypes
        return "BF16"
    found = _WIRE_TYPES.get(dtype.newbyteorder("<"))
    if found is None:
        raise InvalidInput(
            f'input "{name}": {dtype} cannot be sent; expected bool, an '
            "integer, a float or strings"
        )
    return found


def bf16_bytes(array: np.ndarray[Any, Any]) -> bytes:
    """Of float32, row-major."""
    bits = np.ascontiguousarray(array, "<f4").view("<u4")
    rounded = bits + (((bits >> 16) & 1) + 0x7FFF)
    # Adding to a NaN could carry into the exponent: keep it a quiet one.
    kept = np.where(np.isnan(array), (bits >> 16) | 0x40, rounded >> 16)
    return kept.astype("<u2").tobytes()


def float32_of_bf16(raw: bytes) -> np.ndarray[Any, Any]:
    """One dimension, of float32."""
    made: np.ndarray[Any, Any] = np.empty(len(raw) // 2, "<f4")
    made.view("<u4")[:] = np.frombuffer(raw, "<u2")
    made.view("<u4")[:] <<= 16
    return made


def pack_strings(array: np.ndarray[Any, Any], name: str) -> bytes:
    """Each element as its length (uint32) and its bytes, UTF-8."""
    parts: List[bytes] = []
    for each in array.ravel(order="C"):
        if isinstance(each, str):
            each = each.encode()
        if not isinstance(each, bytes):
            raise InvalidInput(
                f'input "{name}": an element is a {type(each).__name__}; '
                "expected numbers of one type, or strings"
            )
        parts += (struct.pack("<I", len(each)), each)
    return b"".join(parts)


def unpack_strings(raw: bytes) -> np.ndarray[Any, Any]:
    """One dimension, of str; of bytes where they are no UTF-8."""
    found: List[Any] = []
    at = 0
    while at < len(raw):
        (length,) = struct.unpack_from("<I", raw, at)
        found.append(raw[at + 4 : at + 4 + length])
        at += 4 + length
    try:
        found = [each.decode() for each in found]
    except UnicodeDecodeError:
        pass
    array = np.empty(len(found), dtype=object)
    array[:] = found
    return array


def array_of(
    name: str, datatype: str, shape: List[int], raw: bytes
) -> np.ndarray[Any, Any]:
    """An output as an array of its own, which may be written to."""
    try:
        if datatype == "BYTES":
            return unpack_strings(raw).reshape(shape)
        if datatype == "BF16":
            return float32_of_bf16(raw).reshape(shape)
        dtype = np.dtype(NUMPY_TYPES[datatype])
        return np.frombuffer(raw, dtype).reshape(shape).copy()
    except (KeyError, ValueError, struct.error) as error:
        raise Error(
            f'output "{name}": {len(raw)} bytes of {datatype}{shape} cannot '
            f"be read: {error}",
            "INTERNAL",
        ) from None
