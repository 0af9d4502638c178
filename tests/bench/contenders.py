"""Whoever does the work of a scenario, measured one window at a time."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from sconce_support.server_log import ServerLog
from workloads import Workload

_START_SECONDS = 30.0
# What a run may take beyond its window: start, warm-up, drain.
_SPARE_SECONDS = 120.0
_TOLERANCE = "1e-4"


class RunFailed(Exception):
    """A program failed, or an answer did."""


@dataclass(frozen=True)
class Window:
    """What one measured window showed; `answers` is 0 for a raw loop."""

    cpu_us_per_item: float
    items_per_second: float
    answers: int = 0
    p50_us: float = 0.0
    p99_us: float = 0.0
    client_cores: float = 0.0


class Contender(Protocol):
    def measure(self) -> Window: ...


@dataclass(frozen=True)
class Load:
    """A running server, under the load of the client."""

    binaries: Path
    address: str
    pid: int
    workload: Workload
    echoes: bool
    outstanding: int
    channels: int
    warmup: int
    seconds: float

    def measure(self) -> Window:
        seen = _run(self._command(), self.seconds)
        latency = seen["latency_us"]
        if seen["checked"] == 0:
            raise RunFailed(f"no answer was checked: {seen}")
        return Window(
            cpu_us_per_item=seen["server_cpu_us"] / self.workload.items,
            items_per_second=seen["rps"] * self.workload.items,
            answers=seen["ok"],
            p50_us=latency["p50"],
            p99_us=latency["p99"],
            client_cores=seen["client_cpu_us"] * seen["rps"] / 1e6,
        )

    def _command(self) -> list[str]:
        work = self.workload
        command = [str(self.binaries / "sconce-bench-client")]
        command += ["--target", self.address, "--watch-pid", str(self.pid)]
        command += ["--request", str(work.request)]
        if self.echoes:
            command += ["--expect", str(work.request)]
        else:
            command += ["--expect", str(work.answer)]
            command += ["--tolerance", _TOLERANCE]
        # Each answer of a slow model is checked: there are few.
        command += ["--verify-every", "1" if self.warmup < 1000 else "100"]
        command += ["--outstanding", str(self.outstanding)]
        command += ["--channels", str(self.channels)]
        command += ["--warmup", str(self.warmup)]
        command += ["--seconds", str(self.seconds)]
        return command


@dataclass(frozen=True)
class RawLoop:
    """The model without a server, started anew for each window."""

    binaries: Path
    archive: Path
    shape: tuple[int, ...]
    optimize: str
    threads: int
    warmup: int
    seconds: float

    def measure(self) -> Window:
        command = [str(self.binaries / "sconce-bench-raw-loop")]
        command += ["--model", str(self.archive)]
        command += ["--shape", ",".join(map(str, self.shape))]
        command += ["--optimize", self.optimize]
        command += ["--threads", str(self.threads)]
        command += ["--warmup", str(self.warmup)]
        command += ["--seconds", str(self.seconds)]
        seen = _run(command, self.seconds)
        return Window(seen["cpu_us_per_item"], seen["items_per_second"])


class EchoProcess:
    """A running echo; started on entry, killed on exit."""

    def __init__(self, binaries: Path, *flags: str) -> None:
        self._command = [str(binaries / "sconce-bench-echo"), *flags]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        self._log = ServerLog(self._process.stderr)
        try:
            event = self._log.wait_for(
                lambda e: e.get("message") == "listening",
                "line that announces the echo's port",
                _START_SECONDS,
            )
        except BaseException:
            self._end()
            raise
        self.grpc_address: str = event["grpc"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._log.join()


def _run(command: Sequence[str], seconds: float) -> dict[str, Any]:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=seconds + _SPARE_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise RunFailed(f"{error}") from error
    if done.returncode != 0:
        raise RunFailed(
            f"exit code {done.returncode} of {' '.join(command)}\n"
            f"{done.stdout}{done.stderr}"
        )
    return json.loads(done.stdout)
