"""safetensors files: weights with a JSON header."""

import struct

import safetensors

from sconce.check import advice
from sconce.check.finding import Finding, Kind, TensorInfo

MAX_HEADER = 16 << 20

# The library's names -> ours, and bytes of one element.
DTYPES = {
    "F64": ("FP64", 8),
    "F32": ("FP32", 4),
    "F16": ("FP16", 2),
    "BF16": ("BF16", 2),
    "I64": ("INT64", 8),
    "I32": ("INT32", 4),
    "I16": ("INT16", 2),
    "I8": ("INT8", 1),
    "U64": ("UINT64", 8),
    "U32": ("UINT32", 4),
    "U16": ("UINT16", 2),
    "U8": ("UINT8", 1),
    "BOOL": ("BOOL", 1),
    "F8_E4M3": ("FP8_E4M3FN", 1),
    "F8_E5M2": ("FP8_E5M2", 1),
    "C64": ("COMPLEX64", 8),
}


def is_safetensors(head: bytes) -> bool:
    """The length of the header, then a JSON object."""
    return len(head) > 8 and head[8:9] == b"{" and head[5:8] == bytes(3)


def describe_safetensors(path: str, head: bytes) -> Finding:
    """The library checks header, offsets and the length of the file."""
    found = Finding(
        Kind.SAFETENSORS,
        "safetensors: weights without the code of the model",
        advice=advice.WEIGHTS,
        factory=advice.load_safetensors(path),
        command=advice.EXPORT,
    )
    (length,) = struct.unpack_from("<Q", head)
    try:
        if length > MAX_HEADER:
            raise safetensors.SafetensorError(f"a header of {length} bytes")
        _read(path, found)
    except (safetensors.SafetensorError, OSError) as error:
        found.kind = Kind.DAMAGED
        found.title = "a safetensors file that is damaged"
        found.refuse(str(error))
    return found


def _read(path: str, found: Finding) -> None:
    with safetensors.safe_open(path, framework="np") as file:
        for key, value in (file.metadata() or {}).items():
            found.facts[str(key)[:60]] = str(value)[:200]
        for name in file.keys():
            part = file.get_slice(name)
            dtype = part.get_dtype()
            title, itemsize = DTYPES.get(dtype, (dtype, 0))
            shape = tuple(part.get_shape())
            found.tensors.append(
                TensorInfo(name[:300], title, shape, itemsize)
            )
