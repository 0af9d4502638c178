"""CopyCounts: the large copies that a server makes, counted in its process.

The server runs with libsconce-copy-counter.so (tests/copies), which shares a
file with us; its layout is that of copy_counts.h.
"""

import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sconce_support.server_process import ServerProcess, default_binary

_CALLERS = 16
_COUNT = f"2Q{_CALLERS}Q"
_LAYOUT = f"<q{_COUNT}{_COUNT}"
_NOBODY = struct.pack("<q", 0)


def library() -> Path:
    """What `make build` puts beside the server; a sanitizer's build does not."""
    return default_binary().with_name("libsconce-copy-counter.so")


@dataclass(frozen=True)
class Counted:
    """Copies and fills (zeroed blocks, mostly) of 4 KiB or more."""

    copies: int
    copied_bytes: int
    fills: int
    filled_bytes: int
    callers: tuple[int, ...]  # addresses of the first that copied or filled


class CopyCounts:
    """The counters of one server. One thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "copy_counts"
        self._path.write_bytes(bytes(struct.calcsize(_LAYOUT)))
        with self._path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)

    @contextmanager
    def loaded(self) -> Iterator[None]:
        """Servers that start meanwhile can be counted."""
        ours = {
            "LD_PRELOAD": str(library()),
            "SCONCE_COPY_COUNTS": str(self._path),
        }
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value

    def start(self, server: ServerProcess) -> None:
        """Counts from zero what `server` does from now on."""
        self._map[:8] = _NOBODY
        self._map[8:] = bytes(len(self._map) - 8)
        self._map[:8] = struct.pack("<q", server.pid)

    def stop(self) -> Counted:
        self._map[:8] = _NOBODY
        values = struct.unpack(_LAYOUT, self._map[:])[1:]
        copied, filled = values[: 2 + _CALLERS], values[2 + _CALLERS :]
        callers = copied[2:][: copied[0]] + filled[2:][: filled[0]]
        return Counted(*copied[:2], *filled[:2], callers)
