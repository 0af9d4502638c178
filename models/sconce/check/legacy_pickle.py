"""torch.save's format before PyTorch 1.6: pickles one after the other, then
the bytes of the storages; and pickles that torch did not write."""

import io
import os
from typing import Any, BinaryIO

from sconce.check import advice
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind
from sconce.check.pickle_reader import MAX_BYTES, read_pickle
from sconce.check.saved import Saved

MAGIC = 0x1950A86A20F9469CFC6C
MAGIC_PICKLE = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def describe_legacy(path: str, file: BinaryIO) -> Finding:
    """Raises DamagedError where the pickles cannot be read."""
    stream = io.BytesIO(_window(file))
    for _ in ("magic number", "protocol", "system"):
        read_pickle(stream)
    value = read_pickle(stream)
    found = Saved(path, "torch.save before 1.6 (pickle)", value).finding()
    keys = read_pickle(stream)
    missing = _missing(found, keys, stream.tell(), os.fstat(file.fileno()))
    if missing > 0:
        found.refuse(f"the last {missing} bytes are missing")
    return found


def describe_pickle(path: str, file: BinaryIO) -> Finding:
    """A pickle that torch.save did not write."""
    try:
        value = read_pickle(io.BytesIO(_window(file)))
    except DamagedError as error:
        title = "a pickle that torch.save did not write"
        return Finding(
            Kind.PICKLE, title, problems=[str(error)], advice=advice.NO_MODEL
        )
    found = Saved(path, "pickle", value).finding()
    found.title += " (a plain pickle, not of torch.save)"
    if found.kind is Kind.MODULE:
        found.factory = advice.load_pickle(path, found.facts["class"])
    else:
        found.kind, found.advice = Kind.PICKLE, advice.NO_MODEL
        found.factory = found.command = ""
    return found


def _window(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read(MAX_BYTES)


def _missing(
    found: Finding, keys: Any, pickled: int, status: os.stat_result
) -> int:
    """Bytes that the storages need beyond the end of the file. Each is kept
    with its length in 8 bytes before it."""
    sizes = {tensor.storage: tensor.storage_bytes for tensor in found.tensors}
    names = keys if isinstance(keys, list) else []
    wanted = [size for key, size in sizes.items() if key in names]
    return pickled + sum(wanted) + 8 * len(names) - status.st_size
