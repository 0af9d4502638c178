"""Exports a PyTorch model as an archive that is proved to answer like it."""

from sconce.export.api import export
from sconce.export.errors import ExportError, UsageError
from sconce.export.report import ExportReport

__all__ = ["ExportError", "ExportReport", "UsageError", "export"]
