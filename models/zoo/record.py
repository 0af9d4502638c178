"""What is remembered of an archive, to know whether it is still good."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

# Below the repository; a server passes over names that begin with a dot.
FOLDER = ".zoo"


@dataclass(frozen=True)
class Record:
    """One archive as it was written; `archive` is relative to the folder."""

    name: str
    fingerprint: str
    archive: str
    bytes: int
    cpu_seconds: float

    @classmethod
    def read(cls, folder: Path, name: str) -> Self | None:
        """None where there is none, or none that this version can read."""
        try:
            return cls(**json.loads(_path(folder, name).read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, folder: Path) -> None:
        path = _path(folder, self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)) + "\n")

    def is_current(self, folder: Path, fingerprint: str) -> bool:
        """Whether the archive is there and made from these sources."""
        archive = folder / self.archive
        return (
            self.fingerprint == fingerprint
            and archive.is_file()
            and archive.stat().st_size == self.bytes
        )

    def remove(self, folder: Path) -> None:
        """Removes the archive, and what was written with it."""
        archive = folder / self.archive
        archive.unlink(missing_ok=True)
        for parent in archive.relative_to(folder).parents[:-1]:
            (folder / parent / "config.pbtxt").unlink(missing_ok=True)
            if (folder / parent).is_dir():
                (folder / parent).rmdir()
        _path(folder, self.name).unlink()


def recorded_names(folder: Path) -> list[str]:
    return sorted(path.stem for path in (folder / FOLDER).glob("*.json"))


def _path(folder: Path, name: str) -> Path:
    return folder / FOLDER / f"{name}.json"
