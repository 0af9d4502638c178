"""What an export has done, for a program and for a person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sconce.archive import ModelMetadata
from sconce.export.attempt import Attempt
from sconce.export.attempts import Explored
from sconce.export.proof import Mismatch
from sconce.export.state import Original
from sconce.export.tolerances import Tolerances

if TYPE_CHECKING:
    from sconce.onnx.report import OnnxReport


@dataclass(frozen=True)
class ExportReport:
    """The archive at `path` and everything that was seen on the way."""

    path: Path
    size: int
    metadata: ModelMetadata
    explored: tuple[Explored, ...]
    attempts: tuple[Attempt, ...]
    chosen: Attempt
    original: Original
    tolerances: Tolerances
    onnx: tuple[OnnxReport, ...] = ()

    @property
    def how(self) -> str:
        return self.chosen.how

    @property
    def mismatches(self) -> tuple[Mismatch, ...]:
        """What `allow_mismatch` let pass."""
        return tuple(self.chosen.mismatches)
