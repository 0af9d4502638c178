"""Writes the archive with its metadata; a reader sees all of it or nothing."""

import os
import tempfile
from pathlib import Path

import torch

from sconce.archive import ModelMetadata, to_extra_files
from sconce.export.errors import UsageError

Program = torch.jit.ScriptModule | torch.jit.ScriptFunction


def check_target(path: Path) -> None:
    """Raises UsageError before any work for a path that cannot be written."""
    if path.is_dir():
        raise UsageError(f"{path} is a folder, expected the name of a file")
    folder = next(p for p in path.absolute().parents if p.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise UsageError(f"cannot write below {folder}")


def write_archive(
    path: Path, program: Program, metadata: ModelMetadata
) -> int:
    """Returns the size in bytes. Folders are made as needed."""
    content = program.save_to_buffer(_extra_files=to_extra_files(metadata))
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
    return len(content)
