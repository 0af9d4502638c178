"""Debug files that would end the process of LibTorch are refused."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from sconce.check.errors import DamagedError
from sconce.check.pickle_reader import read_pickle
from sconce.check.pickle_values import Made
from sconce.inspect.debug_files import (
    SUFFIX,
    WITH_TABLE,
    check_debug,
    check_debug_files,
)
from tests.models.inspection import archives


def ranged(lines: list[int], file: int, start: int, end: int) -> Any:
    """A debug file with one range over the strings "ab" and "f.py"."""
    source = Made("build_intlist", (lines,)), file, 1
    return WITH_TABLE, ("ab", "f.py"), ((0, (source, start, end), 0),)


def test_the_files_of_pytorch_pass(tmp_path: Path) -> None:
    path = archives.scripted(archives.Detector(), tmp_path / "detector.pt")
    check_debug_files(path)
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith(SUFFIX)]
        found = [read_pickle(io.BytesIO(archive.read(n))) for n in names]
    assert found and all(value[0] == WITH_TABLE for value in found)


def test_a_range_within_its_source_passes() -> None:
    check_debug(ranged([0, 0], 1, 0, 4))
    check_debug(ranged([], 1, 0, 1))


@pytest.mark.parametrize(
    "value",
    [
        ranged([2], 1, 0, 1),
        ranged([-1], 1, 0, 1),
        ranged([0], 9, 0, 1),
        ranged([0], 1, 0, 3),
        ranged([0], 1, 2, 1),
        ranged([0], 1, -1, 1),
        (WITH_TABLE, (1, 2), ()),
        (WITH_TABLE, ("ab",), ((0, 1, 2),)),
        "text",
    ],
)
def test_anything_else_is_damaged(value: Any) -> None:
    with pytest.raises(DamagedError):
        check_debug(value)


def test_ranges_with_their_text_are_checked_too() -> None:
    check_debug(((0, (("ab", "f.py", 1), 0, 2)),))
    with pytest.raises(DamagedError):
        check_debug(((0, (("ab", "f.py", 1), 0, 3)),))


def test_an_archive_without_debug_files_passes(tmp_path: Path) -> None:
    path = archives.scripted(nn.ReLU(), tmp_path / "relu.pt")
    bare = tmp_path / "bare.pt"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(bare, "w") as new:
        for name in old.namelist():
            if not name.endswith(SUFFIX):
                new.writestr(name, old.read(name))
    check_debug_files(bare)
