"""Writes the archive with its metadata; a reader sees all of it or nothing."""

import os
import tempfile
from pathlib import Path

from sconce.archive import MetadataError, to_extra_files
from sconce.export.errors import ExportError, UsageError
from sconce.export.metadata import Words, make_metadata
from sconce.export.proving import Proved
from sconce.export.report import ExportReport
from sconce.export.torchscript import to_bytes


def check_target(path: Path) -> None:
    """Raises UsageError before any work for a path that cannot be written."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder, expected the name of a file")
    folder = next(p for p in path.absolute().parents if p.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"cannot write below {folder}")


def write_proved(path: Path, proved: Proved, words: Words) -> ExportReport:
    """Writes the chosen program with its metadata. Folders are made as
    needed; UsageError for words that do not fit."""
    capture = proved.chosen.capture
    assert capture is not None
    metadata = make_metadata(proved, words)
    try:
        content = to_bytes(capture.program, to_extra_files(metadata))
        _write_whole(path, content)
    except MetadataError as error:
        raise ExportError(f"the metadata cannot be written: {error}") from None
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from None
    return ExportReport(
        path,
        len(content),
        metadata,
        tuple(proved.explored),
        tuple(proved.attempts),
        proved.chosen,
        proved.original,
        proved.tolerances,
    )


def _write_whole(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".draft-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(draft, 0o644)
        os.replace(draft, path)
    except BaseException:
        os.unlink(draft)
        raise
