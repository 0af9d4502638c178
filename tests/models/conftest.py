"""What all tests of the Python packages share: the commands as a user runs
them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "client/python", ROOT / "models", ROOT]


class Sconce:
    """Runs `sconce` in a process of its own, in the folder `cwd`."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd

    def __call__(
        self, *arguments: str | Path, path: tuple[Path, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """What `sconce ARGUMENTS` answered; `path` holds further folders to
        import from."""
        folders = os.pathsep.join(map(str, [*path, *SOURCES]))
        return subprocess.run(
            [sys.executable, "-m", "sconce.cli", *map(str, arguments)],
            cwd=self.cwd,
            env={**os.environ, "PYTHONPATH": folders, "COLUMNS": "80"},
            capture_output=True,
            text=True,
            timeout=240,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture
def sconce(tmp_path: Path) -> Sconce:
    return Sconce(tmp_path)
