"""Lays TorchScript archives out as a model repository."""

import os
import tempfile
from enum import StrEnum
from pathlib import Path

import torch

from models.export.config_text import render
from models.export.torchscript import to_torchscript
from models.zoo import ZooModel


class Layout(StrEnum):
    """The two ways a repository holds a model."""

    VERSIONED = "versioned"  # <name>/<version>/model.pt and config.pbtxt
    BARE = "bare"  # <name>.pt, which is version 1


def export(
    model: ZooModel,
    folder: Path,
    layout: Layout = Layout.VERSIONED,
    version: int = 1,
) -> Path:
    """Writes one model below `folder` and returns the archive's path.

    Raises ValueError where a bare file cannot carry what is asked for, and
    ExportError where TorchScript cannot carry the model.
    """
    if layout is Layout.BARE and (model.config or version != 1):
        raise ValueError(
            f"model '{model.name}' needs the versioned layout: a bare file "
            "is version 1 and has no config.pbtxt beside it"
        )
    script = to_torchscript(model)
    archive = _archive_path(model.name, folder, layout, version)
    if model.config:
        text = render(model.name, model.config)
        _write(archive.parent.parent / "config.pbtxt", text.encode())
    _write_archive(archive, script)
    return archive


def _archive_path(
    name: str, folder: Path, layout: Layout, version: int
) -> Path:
    if layout is Layout.BARE:
        return folder / f"{name}.pt"
    return folder / name / str(version) / "model.pt"


def _write_archive(path: Path, script: torch.jit.ScriptModule) -> None:
    _write(path, script.save_to_buffer())


def _write(path: Path, content: bytes) -> None:
    # A server may be watching the folder: a file appears whole or not at all.
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
