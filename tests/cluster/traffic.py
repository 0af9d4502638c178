"""Traffic: sconce-load inside the cluster, for as long as a test needs it."""

import json
import os
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab import pidfile
from lab.cluster import Cluster
from sconce_support.load import default_program

_LONGEST_SECONDS = 900
_END_SECONDS = 30.0
# It cancels what has no answer a second after it was interrupted, so these
# seconds at the end say nothing about the servers.
_LAST_BINS = 2


@dataclass(frozen=True)
class Outcome:
    """What became of the requests."""

    offered: int
    ok: int
    failed: int  # those that we cancelled at the end are not counted
    codes: Counter[str]
    errors: dict[str, str]
    failed_by_second: dict[int, int]

    def __str__(self) -> str:
        told = f"{self.offered} requests, {self.failed} failed"
        if self.failed:
            told += f" {self.errors}, by second {self.failed_by_second}"
        return told


class Traffic:
    """Requests without retries, on connections that stay, as `flags` say.

    A context manager; `outcome` is there when it has been left.
    """

    outcome: Outcome

    def __init__(
        self,
        cluster: Cluster,
        address: str,
        *flags: str,
    ) -> None:
        # A node sees services' addresses as pods do.
        self._machine = cluster.nodes[0].machine
        self._command = _command(
            address, f"--duration={_LONGEST_SECONDS}", *flags
        )

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._machine.command(self._command), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self._process.kill()
            error.add_note("the load: " + self._process.communicate()[1])
            return
        report, errors = self._interrupt()
        assert report.startswith("{"), f"no report of the load: {errors}"
        self.outcome = outcome_of(json.loads(report))

    def _interrupt(self) -> tuple[str, str]:
        if self._process.poll() is None:
            os.kill(pidfile.child_of(self._process.pid), signal.SIGINT)
        return self._process.communicate(timeout=_END_SECONDS)


def ask(cluster: Cluster, address: str, *flags: str) -> dict[str, Any]:
    """One request; the report of it."""
    done = cluster.nodes[0].machine.try_run(
        _command(address, "--arrivals=constant", "--rate=1", "--duration=1",
                 *flags)
    )
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _command(address: str, *flags: str) -> list[str | Path]:
    return [default_program(), address, "--json", "--quiet", "--metrics=off",
            "--management=off", "--warmup=0", *flags]


def outcome_of(report: dict[str, Any]) -> Outcome:
    requests, bins = report["requests"], report["series"]["bins"]
    failed = {int(b["start_s"]): b["due"] - b["ok"] for b in bins
              if b["due"] > b["ok"]}
    codes: Counter[str] = Counter(report["codes"])
    last = sum(b["due"] - b["ok"] for b in bins[-_LAST_BINS:])
    cancelled = min(codes["CANCELLED"], last)
    return Outcome(
        offered=requests["offered"],
        ok=requests["ok"],
        failed=requests["offered"] - requests["ok"] - cancelled,
        codes=codes,
        errors=report["errors"],
        failed_by_second=failed,
    )
