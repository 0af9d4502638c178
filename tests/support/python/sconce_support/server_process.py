"""ServerProcess: the real server binary as a context manager."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from sconce_support.server_log import ServerLog

_ROOT = Path(__file__).resolve().parents[4]
_START_SECONDS = 60.0
_STOP_SECONDS = 60.0

_SERVING = health_pb2.HealthCheckResponse.SERVING


def default_binary() -> Path:
    """What SCONCE_SERVER names, else the binary of `make build`."""
    named = os.environ.get("SCONCE_SERVER")
    return Path(named) if named else _ROOT / "build/bin/sconce-server"


class ServerProcess:
    """One server on free ports; started on entry, stopped on exit.

    On entry it waits until the server is ready, unless told otherwise. On exit
    it stops the process if the test has not done so: with SIGTERM and a check
    of the exit code, or by force when the test failed. One thread at a time.
    """

    def __init__(
        self,
        repositories: Sequence[Path],
        *flags: str,
        binary: Path | None = None,
        wait_until_ready: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = [str(binary or default_binary())]
        for repository in repositories:
            self._command += ["--model-repository", str(repository)]
        self._command += ["--grpc-port", "0", "--http-port", "0"]
        self._command += ["--management-address", "127.0.0.1:0"]
        self._command += ["--log-format", "json", *flags]
        self._wait_until_ready = wait_until_ready
        self._environment = {**os.environ, **(environment or {})}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        assert self._process.stderr is not None
        self.log = ServerLog(self._process.stderr)
        try:
            self._read_addresses()
            if self._wait_until_ready:
                self.wait_ready()
        except BaseException as error:
            self.kill()
            error.add_note(self._failure_note())
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.kill()
            error.add_note(self._failure_note())
        elif self._process.poll() is None:
            code = self.stop()
            assert code == 0, f"exit code {code}\n{self._failure_note()}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_ready(self, seconds: float = _START_SECONDS) -> None:
        """Waits until the server calls itself ready; follows its health."""
        with grpc.insecure_channel(self.grpc_address) as channel:
            watch = health_pb2_grpc.HealthStub(channel).Watch(
                health_pb2.HealthCheckRequest(), timeout=seconds
            )
            for update in watch:
                if update.status == _SERVING:
                    watch.cancel()
                    return
        raise RuntimeError("the server's health ended without SERVING")

    def terminate(self) -> None:
        """Sends SIGTERM and returns at once."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float = _STOP_SECONDS) -> int:
        """Waits for the end of the process; returns its exit code."""
        code = self._process.wait(seconds)
        self.log.join()
        return code

    def stop(self, seconds: float = _STOP_SECONDS) -> int:
        """SIGTERM, then the exit code."""
        self.terminate()
        return self.wait(seconds)

    def kill(self) -> None:
        """Ends the process by force, if it still runs."""
        self._process.kill()
        self.wait()

    def has_exited(self) -> bool:
        return self._process.poll() is not None

    def cpu_seconds(self) -> float:
        """User and system time the process has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def cpu_us(self) -> float:
        """The same, exact: /proc/PID/stat counts hundredths of a second."""
        # What clock_getcpuclockid(3) makes of a process's number.
        clock = (~self.pid << 3) | 2
        return time.clock_gettime_ns(clock) / 1e3

    def _read_addresses(self) -> None:
        started = time.monotonic()
        event = self.log.wait_for(
            lambda e: e.get("message") == "listening",
            "line that announces the ports",
            _START_SECONDS,
        )
        self.grpc_address: str = event["grpc"]
        self.http_address: str = event["http"]
        self.management_address: str = event["management"]
        self.seconds_to_listen = time.monotonic() - started

    def _failure_note(self) -> str:
        command = " ".join(self._command)
        return f"server: {command}\n--- its log ---\n{self.log.tail()}"
