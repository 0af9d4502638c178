"""The lab's control groups, below one of its own in every hierarchy.

Works where there is one hierarchy (version 2) and where there are several
(version 1, hybrid); only the latter was at hand to be tried.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

from sconce_support.waiting import eventually

_ROOT = Path("/sys/fs/cgroup")
_COPIED = ("cpuset.cpus", "cpuset.mems")  # version 1 begins with none


def hierarchies() -> list[Path]:
    if (_ROOT / "cgroup.controllers").exists():
        return [_ROOT]
    return [each for each in _ROOT.iterdir()
            if each.is_dir() and not each.is_symlink()
            and (each / "cgroup.procs").exists()]


def create(name: str) -> None:
    """A group `a/b` in every hierarchy, that may use what there is."""
    for top in hierarchies():
        folder = top
        for part in Path(name).parts:
            above, folder = folder, folder / part
            folder.mkdir(exist_ok=True)
            for file in _COPIED:
                if top.name == "cpuset" and (folder / file).exists():
                    (folder / file).write_text((above / file).read_text())


def remove(name: str) -> None:
    """The group, all below it, and any process that is still there."""
    for top in hierarchies():
        for folder in _deepest_first(top / name):
            eventually(lambda: _removed(folder), f"{folder} to be empty")


def _deepest_first(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for each in sorted(folder.iterdir()):
        if each.is_dir():
            yield from _deepest_first(each)
    yield folder


def _removed(folder: Path) -> bool:
    try:
        for pid in (folder / "cgroup.procs").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
        folder.rmdir()
    except ProcessLookupError:
        return False
    except FileNotFoundError:
        return True
    except OSError:  # a process in it has not quite ended
        return False
    return True
