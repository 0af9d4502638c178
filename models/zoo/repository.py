"""Lays zoo models out as a model repository."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from sconce.export import export
from sconce.export.progress import Progress

from models.zoo.config import ModelConfig, render
from models.zoo.entry import ZooModel


class Layout(StrEnum):
    """The two ways a repository holds a model."""

    VERSIONED = "versioned"  # <name>/<version>/model.pt and config.pbtxt
    BARE = "bare"  # <name>.pt, which is version 1


def write_model(
    model: ZooModel,
    folder: Path,
    layout: Layout = Layout.VERSIONED,
    version: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Exports one model below `folder` and returns the archive's path.

    A model with a suffix of its own is bare in any case. Raises ValueError
    where a bare file cannot carry what is asked for, and ExportError of
    `sconce.export` where TorchScript cannot carry the model.
    """
    if model.bare_suffix is not None:
        layout = Layout.BARE
    if layout is Layout.BARE and (model.config or version != 1):
        raise ValueError(
            f"model '{model.name}' needs the versioned layout: a bare file "
            "is version 1 and has no config.pbtxt beside it"
        )
    archive = archive_path(model, folder, layout, version)
    with _draft_of(archive) as draft:
        _export(model, draft, progress)
        if model.config:
            _write_config(model, archive.parent.parent / "config.pbtxt")
    return archive


def archive_path(
    model: ZooModel,
    folder: Path,
    layout: Layout = Layout.VERSIONED,
    version: int = 1,
) -> Path:
    if layout is Layout.BARE or model.bare_suffix is not None:
        return folder / f"{model.name}{model.bare_suffix or '.pt'}"
    return folder / model.name / str(version) / "model.pt"


def _export(
    model: ZooModel, path: Path, progress: Progress | None
) -> None:
    if model.how == "copy":
        assert model.copied_from is not None, model.name
        shutil.copyfile(model.copied_from, path)
        return
    export(
        model.module,
        model.inputs,
        path,
        how=model.how,
        methods=model.methods,
        dynamic=model.dynamic,
        more_examples=model.more_examples,
        labels=model.labels,
        output_names=_output_names(model.config),
        progress=progress,
    )


def _output_names(config: ModelConfig | None) -> list[str] | None:
    return [spec.name for spec in config.outputs] if config else None


def _write_config(model: ZooModel, path: Path) -> None:
    assert model.config is not None, model.name
    with _draft_of(path) as draft:
        draft.write_text(render(model.name, model.config))


@contextmanager
def _draft_of(path: Path) -> Iterator[Path]:
    """A path to write to; `path` appears when the block ends well.

    A server may be watching the folder: a file appears whole or not at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=".draft-"
    ) as folder:
        draft = Path(folder) / path.name
        yield draft
        os.chmod(draft, 0o644)
        os.replace(draft, path)
