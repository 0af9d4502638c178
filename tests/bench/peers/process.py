"""A peer that runs: where it listens, and which processes it is."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
from contenders import RunFailed
from tritonclient.grpc import service_pb2, service_pb2_grpc

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0


def free_port() -> int:
    """Peers cannot be told to take any port; nobody else wants this one."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


class PeerProcess:
    """Started on entry, when its models are ready; stopped on exit.

    Its log is `log`, a file. One thread at a time.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        port: int,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        self.grpc_address = f"127.0.0.1:{port}"
        self._command = [str(word) for word in command]
        self._log = log
        self._environment = {**os.environ, **(environment or {})}
        self._folder = folder

    def __enter__(self) -> Self:
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self._wait_ready()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process and those it has started, now."""
        return tuple(_tree(self._process.pid))

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        with grpc.insecure_channel(self.grpc_address) as channel:
            stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            while not _is_ready(stub):
                gone = self._process.poll() is not None
                if gone or time.monotonic() > deadline:
                    raise RunFailed(
                        f"{self._command[0]} is not ready:\n"
                        f"{self._log.read_text()[-3000:]}")
                time.sleep(0.5)

    def _end(self) -> None:
        """Asks the process, then makes sure of it and of those it started."""
        helpers = self.pids[1:] if self._process.poll() is None else ()
        self._process.terminate()
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pid in helpers:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _is_ready(stub: service_pb2_grpc.GRPCInferenceServiceStub) -> bool:
    try:
        answer = stub.ServerReady(service_pb2.ServerReadyRequest(), timeout=5)
    except grpc.RpcError:
        return False
    return bool(answer.ready)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text().split()
        found += [each for child in children for each in _tree(int(child))]
    return found
