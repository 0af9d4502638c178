"""Writes zoo models as a model repository that the server can serve.

`python -m models.export --out DIR [names...]`, or `export` from Python.
"""

from models.export.repository import Layout, export
from models.export.torchscript import ExportError

__all__ = ["ExportError", "Layout", "export"]
