"""torch.export's format of PyTorch 2.1 to 2.7."""

from sconce.check import advice
from sconce.check.archive import Archive
from sconce.check.finding import Finding, Kind


def describe_early_export(path: str, archive: Archive) -> Finding:
    version = archive.read("version", 64) if archive.has("version") else b"?"
    return Finding(
        Kind.EXPORTED_PROGRAM,
        "a program of torch.export in the format of PyTorch 2.1 to 2.7, "
        "which is not served",
        {"schema": version.decode("utf-8", "replace").strip()},
        advice=advice.EXPORTED_PROGRAM,
        factory=advice.load_exported_program(path),
        command=advice.EXPORT,
    )
