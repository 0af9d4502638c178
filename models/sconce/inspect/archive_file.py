"""Opens an archive once and reads it for every view."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from sconce.inspect.inspection import Inspection
from sconce.inspect.loading import load_archive
from sconce.inspect.metadata import Recorded, recorded
from sconce.inspect.methods import Methods
from sconce.inspect.modules import module_entries, tensor_entries
from sconce.inspect.notes import notes
from sconce.inspect.saved import Saved


@dataclass(frozen=True)
class ArchiveFile:
    """An archive, loaded on the CPU. Immutable; nothing of it is run."""

    path: Path
    model: torch.jit.ScriptModule
    saved_devices: dict[str, int]
    traced_examples: dict[str, list[Any]]
    recorded: Recorded | None

    @classmethod
    def open(cls, path: Path, trust: bool = False) -> "ArchiveFile":
        """Raises InspectError, and sconce.archive's error for metadata."""
        model, saved = load_archive(path, trust), Saved(path)
        return cls(
            path=path,
            model=model,
            saved_devices=saved.devices(),
            traced_examples=saved.examples(),
            recorded=recorded(path),
        )

    def inspect(self) -> Inspection:
        methods = Methods(self.model)
        found = Inspection(
            path=str(self.path),
            file_bytes=self.path.stat().st_size,
            modules=module_entries(self.model),
            methods=methods.describe(self.traced_examples),
            tensors=tensor_entries(self.model, methods.tensor_constants()),
            saved_devices=self.saved_devices,
            device_constants=methods.device_constants(),
            recorded=self.recorded,
        )
        return replace(found, notes=notes(found))
