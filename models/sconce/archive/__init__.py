"""The metadata that an exported archive carries, without torch.

models/doc/metadata.md describes the format field by field.
"""

from sconce.archive.errors import MetadataError
from sconce.archive.flattening import flatten
from sconce.archive.reading import read_metadata
from sconce.archive.specs import (
    Example,
    MethodSpec,
    ModelMetadata,
    Scalar,
    ValueSpec,
)
from sconce.archive.rebuilding import rebuild
from sconce.archive.writing import to_extra_files

__all__ = [
    "Example",
    "MetadataError",
    "MethodSpec",
    "ModelMetadata",
    "Scalar",
    "ValueSpec",
    "flatten",
    "read_metadata",
    "rebuild",
    "to_extra_files",
]
