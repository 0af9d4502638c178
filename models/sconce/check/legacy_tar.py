"""torch.save's format before PyTorch 0.1.10: a tar file of pickles.

Its members are `pickle`, with the saved value; `tensors`, with type and shape
of each tensor; `storages`, with their bytes; and `sys_info`.
"""

import io
import os
import struct
import tarfile
from typing import Any, BinaryIO

from sconce.check import advice
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind, TensorInfo
from sconce.check.pickle_reader import MAX_BYTES, read_pickle
from sconce.check.pickle_tensors import label
from sconce.check.pickle_values import Global
from sconce.check.saved import Saved
from sconce.check.torch_types import STORAGES

BLOCK = 512
MAX_MEMBERS = 1000
MAX_TENSORS = 100_000
MAX_DIMENSIONS = 64


def describe_tar(path: str, file: BinaryIO) -> Finding:
    """Raises DamagedError where the pickles cannot be read."""
    members = members_of(file)
    if not {"pickle", "tensors", "storages"} <= members.keys():
        names = ", ".join(sorted(members)[:5])
        return Finding(
            Kind.OTHER,
            "a tar file that is no model; unpack it and check what is inside",
            {"members": names},
            advice=advice.NO_MODEL,
        )
    known = known_tensors(io.BytesIO(_content(file, members["tensors"])))
    value = read_pickle(io.BytesIO(_content(file, members["pickle"])))
    form = "torch.save before 0.1.10 (tar)"
    found = Saved(path, form, value, known).finding()
    end = max(start + size for start, size in members.values())
    missing = end - os.fstat(file.fileno()).st_size
    if missing > 0:
        found.refuse(f"the last {missing} bytes are missing")
    return found


def members_of(file: BinaryIO) -> dict[str, tuple[int, int]]:
    """Name -> where its bytes begin and how many there are.

    Read by hand: the standard library would hold what a hostile header
    claims to be the name of the next member.
    """
    found: dict[str, tuple[int, int]] = {}
    position = 0
    for _ in range(MAX_MEMBERS):
        file.seek(position)
        block = file.read(BLOCK)
        if len(block) < BLOCK or not any(block):
            break
        try:
            member = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        except tarfile.HeaderError as error:
            raise DamagedError(f"the tar file is damaged: {error}") from None
        start = position + BLOCK
        size = max(0, member.size)
        if member.isreg():
            found[member.name] = (start, size)
        position = start + -(-size // BLOCK) * BLOCK
    return found


def _content(file: BinaryIO, place: tuple[int, int]) -> bytes:
    start, size = place
    file.seek(start)
    content = file.read(min(size, MAX_BYTES))
    if len(content) < size:
        raise DamagedError("the tar file is cut short, or a pickle too long")
    return content


def known_tensors(stream: io.BytesIO) -> dict[str, TensorInfo]:
    """Each tensor by its key: a pickle (key, storage, type), then number of
    dimensions, sizes, strides and offset."""
    count = read_pickle(stream)
    if not isinstance(count, int) or not 0 <= count <= MAX_TENSORS:
        raise DamagedError(f"the number of tensors is {label(count)}")
    found = {}
    for _ in range(count):
        described = read_pickle(stream)
        shape = _shape(stream)
        match described:
            case (key, storage, Global(name=kind)):
                name = label(key)
                dtype, itemsize = _dtype(kind)
                found[name] = TensorInfo(
                    name, dtype, shape, itemsize, label(storage)
                )
            case _:
                raise DamagedError("the description of a tensor is malformed")
    return found


def _shape(stream: io.BytesIO) -> tuple[int, ...]:
    (dimensions,) = _numbers(stream, "<i4x", 8)
    if not 0 <= dimensions <= MAX_DIMENSIONS:
        raise DamagedError(f"a tensor has {dimensions} dimensions")
    sizes = _numbers(stream, f"<{dimensions}q", 8 * dimensions)
    _numbers(stream, f"<{dimensions + 1}q", 8 * (dimensions + 1))
    if any(size < 0 for size in sizes):
        raise DamagedError(f"a tensor has the shape {sizes}")
    return sizes


def _numbers(stream: io.BytesIO, form: str, length: int) -> tuple[Any, ...]:
    content = stream.read(length)
    if len(content) < length:
        raise DamagedError("the description of the tensors is cut short")
    return struct.unpack(form, content)


def _dtype(kind: str) -> tuple[str, int]:
    """`FloatTensor` is named as its storage is."""
    storage = kind.replace("Tensor", "Storage")
    return STORAGES.get(storage, (kind, 0))
