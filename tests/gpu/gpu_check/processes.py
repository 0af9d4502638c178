"""Processes that a command of ours started, as /proc tells them."""

from pathlib import Path

_PROC = Path("/proc")


def descendants(root: int) -> list[int]:
    """All below `root`, parents before their children."""
    children: dict[int, list[int]] = {}
    for folder in _PROC.glob("[0-9]*"):
        parent = _parent(folder)
        if parent is not None:
            children.setdefault(parent, []).append(int(folder.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found[1:]


def runs(pid: int, program: Path) -> bool:
    """Whether that process runs this program; False when it is gone."""
    try:
        return (_PROC / str(pid) / "exe").samefile(program)
    except OSError:
        return False


def _parent(folder: Path) -> int | None:
    """None when the process is gone."""
    try:
        told = (folder / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name before may have spaces and brackets.
    return int(told.rpartition(")")[2].split()[1])
