"""The records of a zip archive as PyTorch writes it, opened with care.

Everything lies in one top folder, whose name is free. What a hostile archive
claims is bounded before it is believed.
"""

import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

from sconce.check.errors import DamagedError

# The directory of a model of 10 000 records takes 1 MB.
MAX_DIRECTORY = 8 << 20
# LibTorch's archives are not compressed but for code.
MAX_EXPANSION = 64
CHUNK = 1 << 20
STORED, DEFLATED = 0, 8

FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    OSError,
    NotImplementedError,
    OverflowError,
    RuntimeError,
    ValueError,
)

OnRead = Callable[[int, int], None]

END, END_SIZE = b"PK\5\6", 22
END_64_LOCATOR, END_64 = b"PK\6\7", b"PK\6\6"


class Archive:
    """An open archive. `records` are its entries by their name below the
    top folder. Reads what it is asked for and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises DamagedError where the directory cannot be read."""
        self._length = os.fstat(file.fileno()).st_size
        require_small_directory(file, self._length)
        try:
            self._zip = zipfile.ZipFile(file)
        except FAULTS as error:
            raise DamagedError(f"its directory is damaged: {error}") from None
        self.records = {
            entry.filename.partition("/")[2] or entry.filename: entry
            for entry in self._zip.infolist()
        }

    def names(self, start: str, end: str = "") -> list[str]:
        return [
            name
            for name in self.records
            if name.startswith(start) and name.endswith(end)
        ]

    def has(self, name: str) -> bool:
        return name in self.records

    def size(self, name: str) -> int | None:
        entry = self.records.get(name)
        return None if entry is None else entry.file_size

    def read(self, name: str, limit: int) -> bytes:
        """Raises DamagedError for a record that is not there, is damaged, or
        longer than `limit`."""
        size = self.size(name)
        if size is None:
            raise DamagedError(f"there is no record {name}")
        if size > limit:
            raise DamagedError(f"{name} has {size} bytes, above {limit}")
        return b"".join(self._chunks(self.records[name]))

    def faults(self, on_read: OnRead) -> Iterator[str]:
        """Each record that is damaged, by its CRC-32; LibTorch looks at none
        of them. Takes as long as reading the file, and tells `on_read` how
        many bytes were read of how many."""
        claimed = sum(e.file_size for e in self._zip.infolist())
        if claimed > MAX_EXPANSION * self._length + CHUNK:
            yield (
                f"its records claim {claimed} bytes in a file of "
                f"{self._length}"
            )
            return
        done = 0
        for entry in self._zip.infolist():
            try:
                for chunk in self._chunks(entry):
                    done += len(chunk)
                    on_read(done, claimed)
            except DamagedError as error:
                yield str(error)

    def _chunks(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        if entry.compress_type not in (STORED, DEFLATED):
            raise DamagedError(
                f"{entry.filename} is compressed by method "
                f"{entry.compress_type}, which PyTorch cannot read"
            )
        try:
            with self._zip.open(entry) as stream:
                while chunk := stream.read(CHUNK):
                    yield chunk
        except FAULTS as error:
            raise DamagedError(f"{entry.filename}: {error}") from None


def require_small_directory(file: BinaryIO, length: int) -> None:
    """Raises DamagedError where the file has no directory, as when its end
    was cut off, or one too large to be read."""
    file.seek(max(0, length - 65_535 - END_SIZE))
    tail = file.read()
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + END_SIZE:
        raise DamagedError("its end is missing: the file was cut short")
    (size,) = struct.unpack_from("<L", tail, at + 12)
    if tail[at - 20 : at - 16] == END_64_LOCATOR:
        size = max(size % 0xFFFFFFFF, directory_size_64(tail[: at - 20]))
    if size > MAX_DIRECTORY:
        raise DamagedError(
            f"its directory has {size} bytes, above {MAX_DIRECTORY}"
        )


def directory_size_64(before: bytes) -> int:
    """From the record of large archives, 56 bytes before its locator."""
    record = before[-56:]
    if len(record) < 56 or not record.startswith(END_64):
        raise DamagedError("its directory is damaged")
    return int(struct.unpack_from("<Q", record, 40)[0])
