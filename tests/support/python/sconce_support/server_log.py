"""The server's standard error, read as it is written."""

import json
import threading
import time
from collections.abc import Callable
from typing import IO, Any

Event = dict[str, Any]

_LINES_IN_MESSAGES = 40


class ServerLog:
    """Collects the lines of a stream until it ends. Thread-safe."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._changed = threading.Condition()
        self._lines: list[str] = []
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def events(self) -> list[Event]:
        """The lines so far that are JSON objects."""
        with self._changed:
            return [event for line in self._lines if (event := _parse(line))]

    def wait_for(
        self, matches: Callable[[Event], bool], what: str, seconds: float
    ) -> Event:
        """The first event that matches, past or to come.

        Raises TimeoutError after `seconds`, EOFError when the stream ends.
        """
        deadline = time.monotonic() + seconds
        seen = 0
        while True:
            with self._changed:
                while seen == len(self._lines):
                    if self._ended:
                        raise EOFError(f"the log ended without {what}")
                    if not self._changed.wait(deadline - time.monotonic()):
                        raise TimeoutError(f"no {what} within {seconds} s")
                line = self._lines[seen]
            seen += 1
            if (event := _parse(line)) and matches(event):
                return event

    def text(self) -> str:
        """All lines so far."""
        with self._changed:
            return "\n".join(self._lines)

    def tail(self) -> str:
        """The last lines, for messages about failures."""
        with self._changed:
            return "\n".join(self._lines[-_LINES_IN_MESSAGES:])

    def join(self) -> None:
        """Waits until the stream has ended and was read to its end."""
        self._reader.join()

    def _read(self) -> None:
        for line in self._stream:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        self._stream.close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def _parse(line: str) -> Event | None:
    try:
        event = json.loads(line)
    except json.JSONDecodeError:
        return None
    return event if isinstance(event, dict) else None
