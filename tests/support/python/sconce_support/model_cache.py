"""The zoo as a model repository on disk, as `make zoo` writes it."""

import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

# Copies the named zoo models into a new folder and returns it.
MakeRepository = Callable[..., Path]

_ROOT = Path(__file__).resolve().parents[4]


@cache
def zoo_repository() -> Path:
    """A folder with every zoo model, brought up to date.

    Safe to call from several processes at once. Do not write into it.
    """
    folder = _ROOT / "build" / "zoo"
    # A process of its own, so that tracing leaves no trace here and the
    # command line is exercised as users call it.
    done = subprocess.run(
        [sys.executable, "-m", "models.zoo", "--out", folder],
        cwd=_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert done.returncode == 0, f"the zoo was not exported:\n{done.stderr}"
    return folder
