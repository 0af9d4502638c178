"""Virtual environments of the peers, in the user's cache folder.

Each has one of its own, so that nobody has to share versions. What pip cannot
get is a peer that is left out, not an error.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

_INSTALL_SECONDS = 1200


class Unavailable(Exception):
    """A peer that cannot be had here; the text says why."""


def environment(*requirements: str) -> Path:
    """The folder of a virtual environment with these packages; words that
    begin with a dash are flags for pip.

    Its Python sees our torch and numpy too, after its own packages: a second
    torch of 4.7 GB would say nothing new.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    versions = "-".join(r for r in requirements if not r.startswith("-"))
    folder = cache / "sconce" / "peers" / versions
    if (folder / "complete").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    print(f"peers: {versions} goes to {folder}", flush=True)
    _run([sys.executable, "-m", "venv", str(folder)])
    _run([str(folder / "bin/python"), "-m", "pip", "install", "--quiet",
          "--no-input", *requirements])
    (packages(folder) / "zz_torch.pth").write_text(
        f"{sysconfig.get_paths()['purelib']}\n"
        f"import site; site.addsitedir({sysconfig.get_paths()['purelib']!r})\n"
    )
    (folder / "complete").touch()
    return folder


def packages(folder: Path) -> Path:
    """Where an environment has its packages."""
    return next(folder.glob("lib/python3*/site-packages"))


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_INSTALL_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"pip took more than {_INSTALL_SECONDS} s") from error
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no word"]
        raise Unavailable(f"pip says: {lines[-1]}")
