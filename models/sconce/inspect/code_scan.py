"""Finds code that would run, or reach files, while an archive is loaded.

Loading an archive calls the `__setstate__` of its classes, and a program can
read and write files through `from_file`. A scan is no sandbox: it keeps a
look at a stranger's file from being the moment the file acts.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from sconce.inspect.errors import InspectError

CHUNK = 1 << 20
REASONS = {
    b"__setstate__": "which runs while the archive is loaded",
    b"from_file": "which opens files of this machine",
}


def refuse_active_code(path: Path) -> None:
    """Raises InspectError naming the first record that holds such code.

    REQUIRES: `path` is a zip file whose records are not damaged. All records
    that can hold code are read, by suffix and in either case: LibTorch finds
    records without regard to case, and a name may occur twice.
    """
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if entry.filename.lower().endswith(".py"):
                found = find_word(chunks(archive, entry))
                if found:
                    raise refusal(path, entry.filename, found)


def refusal(path: Path, record: str, word: bytes) -> InspectError:
    return InspectError(
        f"{path}: {record} has {word.decode()}, {REASONS[word]}; if you trust "
        "where the file comes from, add --trust"
    )


def chunks(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo
) -> Iterator[bytes]:
    with archive.open(entry) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def find_word(stream: Iterator[bytes]) -> bytes | None:
    """The first of the words, across the borders of chunks too."""
    overlap = max(map(len, REASONS)) - 1
    tail = b""
    for chunk in stream:
        text = tail + chunk
        for word in REASONS:
            if word in text:
                return word
        tail = text[-overlap:]
    return None
