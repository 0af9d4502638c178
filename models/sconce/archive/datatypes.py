"""The data types of tensors: names of the Open Inference Protocol, of numpy
and of safetensors."""

import ml_dtypes
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.generic]

# Protocol name -> (safetensors name, numpy type).
_TYPES: dict[str, tuple[str, npt.DTypeLike]] = {
    "BOOL": ("BOOL", np.bool_),
    "UINT8": ("U8", np.uint8),
    "UINT16": ("U16", np.uint16),
    "UINT32": ("U32", np.uint32),
    "UINT64": ("U64", np.uint64),
    "INT8": ("I8", np.int8),
    "INT16": ("I16", np.int16),
    "INT32": ("I32", np.int32),
    "INT64": ("I64", np.int64),
    "FP16": ("F16", np.float16),
    "BF16": ("BF16", ml_dtypes.bfloat16),
    "FP32": ("F32", np.float32),
    "FP64": ("F64", np.float64),
}

DATA_TYPES = tuple(_TYPES)
NUMPY_OF_SAFETENSORS = {
    stored: np.dtype(kind) for stored, kind in _TYPES.values()
}
_NAMES = {np.dtype(kind): name for name, (_, kind) in _TYPES.items()}


def data_type_of(array: Array) -> str | None:
    """The protocol's name of the array's type; None when it has none."""
    return _NAMES.get(array.dtype.newbyteorder("="))
