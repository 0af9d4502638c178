"""Metadata out of a TorchScript archive, without torch."""

import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from sconce.archive.consistency import check_consistency
from sconce.archive.datatypes import Array
from sconce.archive.document import from_json, parse
from sconce.archive.errors import MetadataError
from sconce.archive.specs import ModelMetadata
from sconce.archive.tensors import from_safetensors
from sconce.archive.writing import DOCUMENT, TENSORS

# A hostile archive may claim any size; these are far above real ones.
DOCUMENT_LIMIT = 16 << 20
TENSORS_LIMIT = 1 << 30


def read_metadata(path: str | os.PathLike[str]) -> ModelMetadata | None:
    """The metadata of an archive; None when it has none.

    Raises MetadataError, in one line that begins with the path, for a file
    that is no zip archive or is damaged, and for metadata that does not
    follow the format. Raises OSError where the file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive)
    except MetadataError as error:
        raise MetadataError(f"{Path(path)}: {error}") from None
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError,
            RuntimeError, ValueError) as error:
        raise MetadataError(
            f"{Path(path)}: the archive cannot be read: {error}; "
            "export or copy it again"
        ) from None


def _read(archive: zipfile.ZipFile) -> ModelMetadata | None:
    entries = _extra_files(archive)
    if DOCUMENT not in entries:
        return None
    try:
        root = parse(_content(archive, entries[DOCUMENT], DOCUMENT_LIMIT))
        metadata = from_json(root, _tensors(archive, entries))
        check_consistency(metadata)
        return metadata
    except MetadataError as error:
        raise MetadataError(f"{DOCUMENT}: {error}") from None


def _tensors(
    archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]
) -> dict[str, Array]:
    entry = entries.get(TENSORS)
    if entry is None:
        return {}
    return from_safetensors(_content(archive, entry, TENSORS_LIMIT))


def _extra_files(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Entries by their name below `<top>/extra/`; the name of the top folder
    is the file's, as it was at export."""
    found = {}
    for entry in archive.infolist():
        _, _, inside = entry.filename.partition("/")
        if inside.startswith("extra/"):
            found[inside.removeprefix("extra/")] = entry
    return found


def _content(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int
) -> bytes:
    if entry.file_size > limit:
        raise MetadataError(
            f"{entry.filename} has {entry.file_size} bytes, at most {limit} "
            "are read"
        )
    return archive.read(entry)
