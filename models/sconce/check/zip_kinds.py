"""What a zip archive is, by the names of its records."""

from collections.abc import Callable
from typing import BinaryIO

from sconce.check import advice
from sconce.check.archive import Archive, OnRead
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind
from sconce.check.pt2 import describe_pt2
from sconce.check.pt2_early import describe_early_export
from sconce.check.saved_zip import describe_saved
from sconce.check.storages import first_few
from sconce.check.torch_package import describe_package
from sconce.check.torchscript import describe_torchscript

Describe = Callable[[str, Archive], Finding]

# Record that only this kind has -> its description. The first one counts.
KINDS: list[tuple[str, Describe]] = [
    ("archive_format", describe_pt2),
    ("serialized_exported_program.json", describe_early_export),
    ("constants.pkl", describe_torchscript),
    (".data/extern_modules", describe_package),
    ("data.pkl", describe_saved),
]

# The same for archives that are not PyTorch's: what they are called.
OTHERS = {
    "MANIFEST.json": "a TorchServe archive (.mar); unzip it and check the "
    "model file inside",
    "[Content_Types].xml": "an Office document",
    "metadata.json": "a Keras model",
}


def describe_zip(path: str, file: BinaryIO, on_read: OnRead) -> Finding:
    """Names the kind and lists what is damaged."""
    try:
        archive = Archive(file)
    except DamagedError as error:
        return damaged(f"a zip archive, but {error}")
    try:
        found = _describe(path, archive)
    except DamagedError as error:
        found = damaged(f"a zip archive, but {error}")
    found.refuse(*first_few(archive.faults(on_read)))
    return found


def damaged(title: str) -> Finding:
    return Finding(Kind.DAMAGED, title, advice=advice.AGAIN)


def _describe(path: str, archive: Archive) -> Finding:
    for record, describe in KINDS:
        if archive.has(record):
            return describe(path, archive)
    if archive.has("model.json") and archive.names("code/"):
        return legacy_torchscript()
    return _other(archive)


def legacy_torchscript() -> Finding:
    return Finding(
        Kind.TORCHSCRIPT_LEGACY,
        "a TorchScript archive in the format of PyTorch 1.0 to 1.3 "
        "(model.json), which LibTorch no longer reads",
        advice=advice.EXPORT_MODULE,
        command=advice.EXPORT,
    )


def _other(archive: Archive) -> Finding:
    title = "a zip archive that is no model"
    if not archive.records:
        title = "an empty zip archive"
    elif all(name.endswith(".npy") for name in archive.records):
        title = "NumPy arrays (.npz)"
    for record, what in OTHERS.items():
        if archive.has(record):
            title = what
    first = sorted(archive.records)[:5]
    facts = {"records": ", ".join(each[:100] for each in first)}
    return Finding(Kind.OTHER, title, facts, advice=advice.NO_MODEL)
