""".pt2 packages: torch.export programs and AOTInductor libraries."""

import json
from typing import Any

from sconce.check import advice
from sconce.check.archive import Archive
from sconce.check.errors import DamagedError
from sconce.check.finding import Finding, Kind, TensorInfo
from sconce.check.torch_types import DTYPES, EXPORTED

MAX_JSON = 16 << 20
WEIGHTS = "data/weights/"
LIBRARIES = "data/aotinductor/"


def describe_pt2(path: str, archive: Archive) -> Finding:
    """Raises DamagedError where its records are not as they should be."""
    form = archive.read("archive_format", 64).decode("utf-8", "replace")
    if form != "pt2":
        raise DamagedError(f"its archive_format is {form!r}, expected 'pt2'")
    libraries = archive.names(LIBRARIES, ".so")
    programs = archive.names("models/", ".json")
    if libraries:
        return _compiled(archive, libraries)
    if programs:
        return _program(path, archive, programs)
    raise DamagedError("it is a .pt2 package without a model")


def _compiled(archive: Archive, libraries: list[str]) -> Finding:
    sizes = [f"{name} ({archive.size(name)} bytes)" for name in libraries]
    folders = {name.split("/")[2] for name in libraries}
    return Finding(
        Kind.AOT_INDUCTOR,
        "an AOTInductor package: a model compiled to a library, which is "
        "not served yet",
        {
            "models": ", ".join(sorted(folders)[:20]),
            "libraries": ", ".join(sizes[:5]),
        },
        advice=advice.EXPORT_MODULE,
        command=advice.EXPORT,
    )


def _program(path: str, archive: Archive, programs: list[str]) -> Finding:
    facts = {"programs": ", ".join(name[7:-5] for name in programs[:20])}
    program = read_json(archive, programs[0])
    opsets = _get(program, "opset_version")
    if isinstance(opsets, dict):
        facts["opset"] = ", ".join(f"{k} {v}" for k, v in opsets.items())[:200]
    facts["torch"] = str(_get(program, "torch_version"))[:60]
    return Finding(
        Kind.EXPORTED_PROGRAM,
        "a program of torch.export (.pt2), which is not served yet",
        facts,
        exported_tensors(archive),
        advice=advice.EXPORTED_PROGRAM,
        factory=advice.load_exported_program(path),
        command=advice.EXPORT,
    )


def exported_tensors(archive: Archive) -> list[TensorInfo]:
    """From the packages' own lists of weights."""
    found = []
    for name in archive.names(WEIGHTS, "_weights_config.json"):
        config = _get(read_json(archive, name), "config")
        entries = config.items() if isinstance(config, dict) else ()
        found += [_tensor(key, entry) for key, entry in entries]
    return [tensor for tensor in found if tensor is not None]


def _tensor(name: str, entry: Any) -> TensorInfo | None:
    meta = _get(entry, "tensor_meta")
    sizes = _get(meta, "sizes")
    if not isinstance(sizes, list):
        return None
    shape = tuple(_get(size, "as_int") for size in sizes[:64])
    if not all(type(n) is int and 0 <= n < 2**63 for n in shape):
        return None
    number = _get(meta, "dtype")
    dtype = EXPORTED.get(number, "?") if isinstance(number, int) else "?"
    title, itemsize = DTYPES.get(dtype, (dtype, 0))
    storage = str(_get(entry, "path_name"))[:100]
    return TensorInfo(name[:300], title, shape, itemsize, storage)


def read_json(archive: Archive, record: str) -> Any:
    """Raises DamagedError for what is no JSON."""
    try:
        return json.loads(archive.read(record, MAX_JSON))
    except (ValueError, RecursionError) as error:
        raise DamagedError(f"{record} is no JSON: {error}") from None


def _get(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None
