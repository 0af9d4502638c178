"""Processes that are known again by pid and start time, whoever started them.

A pid alone may have gone to another process by the time it is used.
"""

import os
import signal
import time
from pathlib import Path

_PATIENCE_SECONDS = 20.0


def start_time(pid: int) -> str | None:
    """In the kernel's clock ticks; None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else fields[18]


def child_of(pid: int) -> int:
    """Of a process that has but one."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) == 1, f"process {pid} has children {children}"
    return int(children[0])


def note(path: Path, pid: int) -> None:
    path.write_text(f"{pid} {start_time(pid)}\n")


def noted(path: Path) -> int | None:
    """The pid, when that very process still lives."""
    try:
        pid, started = path.read_text().split()
    except (OSError, ValueError):
        return None
    return int(pid) if start_time(int(pid)) == started else None


def kill(path: Path) -> None:
    """Ends what the file names, if it lives, and waits until it is gone."""
    pid = noted(path)
    if pid is not None:
        os.kill(pid, signal.SIGKILL)
        _wait_gone(path, pid)
    path.unlink(missing_ok=True)


def _wait_gone(path: Path, pid: int) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while noted(path) is not None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} ({path.stem}) does not end")
        time.sleep(0.01)
