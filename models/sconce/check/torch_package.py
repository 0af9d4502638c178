"""torch.package archives: Python code together with pickles."""

import io

from sconce.check import advice
from sconce.check.archive import Archive
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind, TensorInfo
from sconce.check.pickle_reader import MAX_BYTES, read_pickle
from sconce.check.pickle_tensors import named_tensors

MAX_PICKLES = 100


def describe_package(path: str, archive: Archive) -> Finding:
    pickles = [
        name for name in archive.names("", ".pkl") if not name.startswith(".")
    ]
    code = archive.names("", ".py")
    tensors: list[TensorInfo] = []
    for record in pickles[:MAX_PICKLES]:
        tensors += _tensors(archive, record)
    folder, _, name = (pickles[0] if pickles else "").rpartition("/")
    return Finding(
        Kind.TORCH_PACKAGE,
        "a torch.package archive: pickles with their Python code",
        {
            "pickles": ", ".join(pickles[:10]) or "none",
            "Python files": str(len(code)),
        },
        tensors,
        advice=advice.PACKAGE,
        factory=advice.load_package(path, folder, name),
        command=advice.EXPORT,
    )


def _tensors(archive: Archive, name: str) -> list[TensorInfo]:
    try:
        value = read_pickle(io.BytesIO(archive.read(name, MAX_BYTES)))
    except DamagedError:
        # A package may hold pickles of any protocol and purpose.
        return []
    return named_tensors(value)
