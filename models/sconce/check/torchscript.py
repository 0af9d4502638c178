"""TorchScript archives: what torch.jit.save writes."""

import io
import re

from sconce.archive import MetadataError, read_metadata
from sconce.check.archive import Archive
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind
from sconce.check.pickle_reader import MAX_BYTES, read_pickle
from sconce.check.pickle_tensors import named_tensors
from sconce.check.pickle_values import Global, class_of
from sconce.check.storages import first_few, storage_faults

NEWEST_FORMAT = 10  # that LibTorch 2.11 reads
MAX_CODE = 16 << 20
METHOD = re.compile(r"^  def (\w+)\(", re.MULTILINE)


def describe_torchscript(path: str, archive: Archive) -> Finding:
    """Raises DamagedError where data.pkl cannot be read."""
    if not archive.names("code/"):
        raise DamagedError("it has constants.pkl but no code")
    value = read_pickle(io.BytesIO(archive.read("data.pkl", MAX_BYTES)))
    model = class_of(value)
    found = _titled(archive)
    found.facts = {
        "captured by": "torch.jit.trace" if traced(archive) else
        "torch.jit.script",
        "class": str(model),
        "methods": ", ".join(methods(archive, model)) or "none",
        "format version": str(version_of(archive)),
    }
    found.tensors = named_tensors(value)
    found.refuse(*first_few(storage_faults(archive, found.tensors)))
    found.refuse(*_version_faults(archive))
    _add_metadata(path, found)
    return found


def _titled(archive: Archive) -> Finding:
    if archive.has("bytecode.pkl"):
        return Finding(
            Kind.TORCHSCRIPT_MOBILE,
            "a TorchScript archive for mobile (.ptl); its bytecode is ignored",
        )
    return Finding(Kind.TORCHSCRIPT, "a TorchScript archive")


def traced(archive: Archive) -> bool:
    """A trace keeps the shapes of its example inputs."""
    return archive.has("traced_inputs.pkl")


def version_of(archive: Archive) -> int:
    """Raises DamagedError where there is none."""
    for record in ("version", ".data/version"):
        if archive.has(record):
            text = archive.read(record, 64).strip()
            if text.isdigit():
                return int(text)
    raise DamagedError("it has no version record")


def _version_faults(archive: Archive) -> list[str]:
    version = version_of(archive)
    if version <= NEWEST_FORMAT:
        return []
    return [
        f"format version {version} is newer than {NEWEST_FORMAT}, the newest "
        "that the server reads"
    ]


def methods(archive: Archive, model: Global | None) -> list[str]:
    """The names of the methods that the model's class has in the code."""
    if model is None:
        return []
    record = f"code/{model.module.replace('.', '/')}.py"
    if not archive.has(record):
        return []
    code = archive.read(record, MAX_CODE).decode("utf-8", "replace")
    _, _, body = f"\n{code}".partition(f"\nclass {model.name}(")
    return METHOD.findall(body.partition("\nclass ")[0])


def _add_metadata(path: str, found: Finding) -> None:
    try:
        metadata = read_metadata(path)
    except MetadataError as error:
        found.refuse(str(error).removeprefix(f"{path}: "))
        return
    if metadata is None:
        found.facts["metadata"] = (
            "none; `sconce export` writes names, shapes and golden examples"
        )
        return
    found.facts["metadata"] = (
        f"{len(metadata.methods)} methods, {len(metadata.examples)} golden "
        f"examples, {len(metadata.mismatches)} allowed mismatches"
    )
