"""Exports a PyTorch model as an archive that is proved to answer like it."""

from typing import TYPE_CHECKING, Any

from sconce.export.errors import ExportError, UsageError

if TYPE_CHECKING:
    from sconce.export.api import export
    from sconce.export.report import ExportReport

__all__ = ["ExportError", "ExportReport", "UsageError", "export"]


def __getattr__(name: str) -> Any:
    """Loads what needs torch, which takes seconds, when it is asked for: the
    command's --help does not."""
    if name == "export":
        from sconce.export.api import export

        return export
    if name == "ExportReport":
        from sconce.export.report import ExportReport

        return ExportReport
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
