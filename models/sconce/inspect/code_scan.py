"""Finds code that would run, or reach files, while an archive is loaded.

Loading an archive calls the `__setstate__` of its classes, and a program can
read and write files through `from_file`. A scan is no sandbox: it keeps a
look at a stranger's file from being the moment the file acts.
"""

from collections.abc import Iterator
from pathlib import Path

from sconce.inspect.errors import InspectError
from sconce.inspect.records import Records

REASONS = {
    b"__setstate__": "which runs while the archive is loaded",
    b"from_file": "which opens files of this machine",
}


def refuse_active_code(path: Path, records: Records) -> None:
    """Raises InspectError naming the first record that holds such code."""
    for name, chunks in records.sources():
        if found := find_word(chunks):
            raise InspectError(
                f"{path}: {name} has {found.decode()}, {REASONS[found]}; "
                "if you trust where the file comes from, add --trust"
            )


def find_word(chunks: Iterator[bytes]) -> bytes | None:
    """The first of the words in the stream, across chunk borders too."""
    overlap = max(map(len, REASONS)) - 1
    tail = b""
    for chunk in chunks:
        text = tail + chunk
        for word in REASONS:
            if word in text:
                return word
        tail = text[-overlap:]
    return None
