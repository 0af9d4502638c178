"""Whoever does the work of a scenario, measured one window at a time."""

import argparse
import json
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from sconce_support.server_log import ServerLog
from sconce_support.server_process import ServerProcess
from workloads import Workload

_START_SECONDS = 30.0
# What a run may take beyond its window: start, warm-up, drain.
_SPARE_SECONDS = 120.0
_TOLERANCE = "1e-4"


class RunFailed(Exception):
    """A program failed, or an answer did."""


@dataclass(frozen=True)
class Window:
    """What one measured window showed; `answers` is 0 for a raw loop, whose
    p50 is that of the forward."""

    cpu_us_per_item: float
    items_per_second: float
    answers: int = 0
    p50_us: float = 0.0
    p99_us: float = 0.0
    client_cores: float = 0.0

    @property
    def all_cpu_us_per_item(self) -> float:
        """The client's CPU time too."""
        return self.cpu_us_per_item + (
            self.client_cores / self.items_per_second * 1e6)


def client_command(
    binaries: Path, address: str, pids: Iterable[int], channels: int
) -> list[str]:
    """The load client against a process; the load is still to be named."""
    return [
        str(binaries / "sconce-bench-client"),
        "--target", address,
        "--watch-pid", *map(str, pids),
        "--channels", str(channels),
    ]  # fmt: skip


def requests(workloads: Iterable[Workload], echoes: bool) -> list[str]:
    """The client's flags for requests and for what is right to answer."""
    flags = [] if echoes else ["--tolerance", _TOLERANCE]
    for work in workloads:
        answer = work.request if echoes else work.answer
        flags += ["--request", str(work.request), "--expect", str(answer)]
    return flags


class Contender(Protocol):
    def measure(self) -> Window: ...


@dataclass(frozen=True)
class Load:
    """A running server, under the load of the client.

    `pids` are its processes; only their CPU time counts. Requests of several workloads are sent in turns; they have the same number
    of items.
    """

    binaries: Path
    address: str
    pids: tuple[int, ...]
    workloads: tuple[Workload, ...]
    echoes: bool
    outstanding: int
    channels: int
    warmup: int
    seconds: float

    def measure(self) -> Window:
        seen = run(self._command(), self.seconds)
        items = self.workloads[0].items
        latency = seen["latency_us"]
        if seen["checked"] == 0:
            raise RunFailed(f"no answer was checked: {seen}")
        return Window(
            cpu_us_per_item=seen["server_cpu_us"] / items,
            items_per_second=seen["rps"] * items,
            answers=seen["ok"],
            p50_us=latency["p50"],
            p99_us=latency["p99"],
            client_cores=seen["client_cpu_us"] * seen["rps"] / 1e6,
        )

    def _command(self) -> list[str]:
        command = client_command(
            self.binaries, self.address, self.pids, self.channels)
        command += requests(self.workloads, self.echoes)
        # Each answer of a slow model is checked: there are few. A prime
        # number, or of requests in turns it would always be the same.
        command += ["--verify-every", "1" if self.warmup < 1000 else "97"]
        command += ["--outstanding", str(self.outstanding)]
        command += ["--warmup", str(self.warmup)]
        command += ["--seconds", str(self.seconds)]
        return command


def closed_load(
    options: argparse.Namespace,
    server: ServerProcess,
    work: Workload,
    outstanding: int,
    seconds: float,
) -> Load:
    """A closed loop of one kind of requests against our server."""
    return Load(
        binaries=options.bin,
        address=server.grpc_address,
        pids=(server.pid,),
        workloads=(work,),
        echoes=False,
        outstanding=outstanding,
        channels=4,
        warmup=2 * outstanding,
        seconds=seconds,
    )


@dataclass(frozen=True)
class RawLoop:
    """The model without a server, started anew for each window."""

    binaries: Path
    archive: Path
    shape: tuple[int, ...]
    type: str
    optimize: str
    threads: int
    warmup: int
    seconds: float

    def measure(self) -> Window:
        command = [str(self.binaries / "sconce-bench-raw-loop")]
        command += ["--model", str(self.archive)]
        command += ["--shape", ",".join(map(str, self.shape))]
        command += ["--type", self.type, "--optimize", self.optimize]
        command += ["--threads", str(self.threads)]
        command += ["--warmup", str(self.warmup)]
        command += ["--seconds", str(self.seconds)]
        seen = run(command, self.seconds)
        return Window(
            cpu_us_per_item=seen["cpu_us_per_item"],
            items_per_second=seen["items_per_second"],
            p50_us=seen["forward_us"]["p50"],
            p99_us=seen["forward_us"]["p99"],
        )


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


def run(command: Sequence[str], seconds: float) -> dict[str, Any]:
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
