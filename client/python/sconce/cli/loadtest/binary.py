"""Finding sconce-load, and running it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import List, Optional

from sconce.cli.faults import WRONG_CALL, Fault

NAME = "sconce-load"
VARIABLE = "SCONCE_LOAD"

_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def find() -> str:
    """The path of sconce-load. Raises Fault with the way to get it."""
    named = os.environ.get(VARIABLE)
    if named:
        if not _runs(named):
            raise Fault(f"${VARIABLE} is '{named}', which is no program that "
                        "can be run", WRONG_CALL)
        return named
    for path in _places():
        if _runs(path):
            return path
    found = shutil.which(NAME)
    if found is None:
        raise Fault(
            f"{NAME} is not installed: `make build` in a checkout makes "
            f"build/bin/{NAME}; put it on the PATH or name it in ${VARIABLE}",
            WRONG_CALL,
        )
    return found


def _places() -> Iterator[str]:
    """Beside the running command, and in the checkout this file lies in."""
    for program in (sys.argv[0], sys.executable):
        yield os.path.join(os.path.dirname(os.path.abspath(program)), NAME)
    top = Path(__file__).resolve().parents[5]
    if (top / "client/loadtest").is_dir():
        yield str(top / "build/bin" / NAME)


def _runs(path: str) -> bool:
    return os.path.isfile(path) and os.access(path, os.X_OK)


def run(path: str, arguments: Sequence[str]) -> int:
    """Runs it with our standard streams; its exit code, or 128 and the signal
    that ended it. Ctrl-C and SIGTERM are its to obey: they are passed on, and
    this returns when it has ended. Raises Fault when it cannot be started.
    For the main thread."""
    with _Relay() as relay:
        try:
            # In a process group of its own a Ctrl-C comes from us, and once:
            # a second one may end it without a report.
            process = subprocess.Popen(
                [path, *arguments], preexec_fn=os.setpgrp
            )
        except OSError as error:
            raise Fault(f"{path} cannot be run: {error.strerror}",
                        WRONG_CALL) from None
        relay.to(process)
        code = process.wait()
    return code if code >= 0 else 128 - code


class _Relay:
    """Passes signals on to a process, also those that came before it."""

    def __init__(self) -> None:
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._waiting: List[int] = []

    def to(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        while self._waiting:
            process.send_signal(self._waiting.pop())

    def __enter__(self) -> _Relay:
        self._before = {
            each: signal.signal(each, self._pass_on) for each in _FORWARDED
        }
        return self

    def __exit__(self, *_: object) -> None:
        for each, handler in self._before.items():
            signal.signal(each, handler)

    def _pass_on(self, number: int, _: Optional[FrameType]) -> None:
        if self._process is None:
            self._waiting.append(number)
        else:
            self._process.send_signal(number)
