"""Echo: sconce-bench-echo, which answers with what it was sent."""

import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sconce_support.server_log import ServerLog


class Echo:
    """One echo on a free port. A context manager."""

    def __init__(self, programs: Path) -> None:
        self._program = programs / "sconce-bench-echo"

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [self._program], stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self._log = ServerLog(self.process.stderr)
        event = self._log.wait_for(
            lambda e: e.get("message") == "listening", "address", 30
        )
        self.address: str = event["grpc"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._log.join()


@contextmanager
def stalled(
    process: subprocess.Popen[str], after: float, seconds: float
) -> Iterator[None]:
    """Holds a process for a while, not before the body has begun."""
    timers = [
        threading.Timer(after, process.send_signal, [signal.SIGSTOP]),
        threading.Timer(after + seconds, process.send_signal, [signal.SIGCONT]),
    ]
    for timer in timers:
        timer.start()
    yield
    for timer in timers:
        timer.join()
