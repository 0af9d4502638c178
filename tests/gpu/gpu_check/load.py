"""Runs sconce-load, one or several at a time, and reads their reports."""

import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_check.context import Check, OutOfTime
from gpu_check.server import Server

# A run tries each request first and ends with its last answer; nothing here
# takes longer.
_GRACE_SECONDS = 30.0
_UNREADABLE = (2, 3)


@dataclass(frozen=True)
class Load:
    """What some runs at the same time found together."""

    reports: Sequence[dict[str, Any]]

    @property
    def ok_rate(self) -> float:
        """Requests answered with OK, a second."""
        return sum(each["rates"]["ok"] for each in self.reports)

    @property
    def p50_ms(self) -> float | None:
        """Of all runs' OK answers; None without any. A report's own
        percentiles leave out what few samples say."""
        buckets = sorted(bucket for each in self.reports
                         for bucket in each["latency"]["buckets"])
        half = sum(count for _, count in buckets) / 2
        for bound, count in buckets:
            half -= count
            if half <= 0:
                return bound
        return None

    @property
    def client_cpu_s(self) -> float:
        return sum(each["client"]["cpu_s"] for each in self.reports)

    @property
    def window_s(self) -> float:
        return self.reports[0]["window_s"]

    @property
    def wrong(self) -> int:
        return sum(each["answers"]["wrong"] for each in self.reports)

    @property
    def checked(self) -> int:
        return sum(each["answers"]["checked"] for each in self.reports)

    @property
    def codes(self) -> Counter[str]:
        return sum((Counter(each["codes"]) for each in self.reports),
                   Counter())

    @property
    def errors(self) -> dict[str, str]:
        """By code: the text of the first one."""
        return {code: text for each in reversed(self.reports)
                for code, text in each["errors"].items()}

    def mix(self) -> dict[str, dict[str, Any]]:
        """By entry, of the first run."""
        return {each["name"]: each for each in self.reports[0]["mix"]}


class Running:
    """Runs that are under way."""

    def __init__(
        self, check: Check, server: Server, words: Sequence[str | Path],
        seconds: float, clients: int = 1, timeout: float = _GRACE_SECONDS,
    ) -> None:
        """`timeout`: seconds that a request may take."""
        self._check = check
        self._longest = seconds + _GRACE_SECONDS
        command = [check.load, server.grpc, *words,
                   "--management", server.management,
                   "--metrics", server.metrics_url, "--json", "--quiet",
                   "--timeout", str(timeout)]
        self._processes = [
            subprocess.Popen(command, env=check.environment(), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(clients)]

    def end(self) -> Load:
        try:
            return Load([self._report(each) for each in self._processes])
        finally:
            for each in self._processes:
                if each.poll() is None:
                    each.kill()
                each.communicate()

    def break_off(self) -> None:
        """The clients are gone at once, their requests are not answered."""
        for each in self._processes:
            each.kill()
            each.communicate()

    def end_anyhow(self) -> str:
        """What the first one said, also when it refuses to go on."""
        try:
            return "".join(self._processes[0].communicate(
                timeout=min(self._longest, self._check.left("a load"))))
        finally:
            self._processes[0].kill()
            self._processes[0].wait()

    def _report(self, process: subprocess.Popen[str]) -> dict[str, Any]:
        left = self._check.left("a load")
        try:
            out, errors = process.communicate(
                timeout=min(self._longest, left))
        except subprocess.TimeoutExpired:
            if left <= self._longest:
                raise OutOfTime("a load") from None
            raise RuntimeError(
                f"a load did not end in {self._longest:.0f} s") from None
        if process.returncode in _UNREADABLE or not out.startswith("{"):
            raise RuntimeError(
                f"sconce-load ended with {process.returncode}: {errors[-500:]}")
        return json.loads(out)


def closed(
    check: Check, server: Server, words: Sequence[str | Path], *,
    outstanding: int, seconds: float, warm: float = 0.2, clients: int = 1,
) -> Load:
    """So many requests under way all the time, from all clients together."""
    each = max(1, outstanding // clients)
    return begin_closed(check, server, words, outstanding=each,
                        seconds=seconds, warm=warm, clients=clients).end()


def begin_closed(
    check: Check, server: Server, words: Sequence[str | Path], *,
    outstanding: int, seconds: float, warm: float = 0, clients: int = 1,
) -> Running:
    return Running(
        check, server,
        [*words, "--closed-loop", str(outstanding),
         "--duration", str(seconds), "--warmup", str(warm)],
        seconds + warm, clients)


def mix_file(path: Path, entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The words that make sconce-load send these entries."""
    path.write_text(json.dumps({"entries": entries}))
    return ["--mix", str(path)]
