"""Checks the debug files of an archive, which say what line a node is from.

LibTorch reads them when a line is asked for and believes every index in
them: one that is out of range ends the process.
"""

import io
from pathlib import Path
from typing import Any

from sconce.check.archive import Archive
from sconce.check.errors import DamagedError
from sconce.check.pickle_reader import MAX_BYTES, read_pickle
from sconce.check.pickle_values import Made
from sconce.inspect.errors import InspectError

SUFFIX = ".debug_pkl"
WITH_TABLE = "FORMAT_WITH_STRING_TABLE"


def check_debug_files(path: Path) -> None:
    """Raises InspectError naming a file that LibTorch must not read."""
    with open(path, "rb") as file:
        archive = Archive(file)
        for name in archive.names("", SUFFIX):
            try:
                data = archive.read(name, MAX_BYTES)
                check_debug(read_pickle(io.BytesIO(data)))
            except DamagedError as error:
                raise InspectError(
                    f"{path}: {name}: {error}; export the model again"
                ) from error


def check_debug(value: Any) -> None:
    """Raises DamagedError for a range outside of its source.

    The form is (name, strings, ranges); PyTorch before 1.12 wrote ranges
    with their text, which have no index that could be wrong.
    """
    match value:
        case (str(name), (*strings,), (*ranges,)) if name == WITH_TABLE:
            sizes = [len(s.encode()) for s in strings if isinstance(s, str)]
            if len(sizes) == len(strings):
                for each in ranges:
                    check_range(each, sizes)
                return
        case (*ranges,) if all(is_old_range(each) for each in ranges):
            return
    raise DamagedError("it has not the form of a debug file")


def check_range(value: Any, sizes: list[int]) -> None:
    """`sizes` are the bytes of the strings."""
    match value:
        case (int(), ((lines, int(file), int()), int(start), int(end)), int()):
            indices = indices_of(lines)
            if all(0 <= index < len(sizes) for index in [*indices, file]):
                length = sum(sizes[index] for index in indices)
                # PyTorch itself writes 0 to 1 for a source that is empty.
                if 0 <= start <= end <= max(length, 1):
                    return
    raise DamagedError("a range lies outside of its source")


def indices_of(value: Any) -> list[int]:
    match value:
        case Made(arguments=([*indices],)):
            if all(isinstance(index, int) for index in indices):
                return indices
    raise DamagedError("a range has no list of lines")


def is_old_range(value: Any) -> bool:
    match value:
        case (int(), ((str(text), *_), int(start), int(end)), *_):
            return 0 <= start <= end <= len(text.encode())
    return False
