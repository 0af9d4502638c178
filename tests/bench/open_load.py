"""Load that does not slow down with the server: requests when they are due."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contenders import client_command, requests, run
from sconce_support.admin import Scrape
from sconce_support.server_process import ServerProcess
from workloads import Workload


@dataclass(frozen=True)
class OpenWindow:
    """What became of the requests that were due within a window."""

    seen: dict[str, Any]  # what sconce-bench-client prints
    mean_batch: float  # of the server's batches since the load began

    @property
    def good_per_second(self) -> float:
        """Answers in time."""
        return float(self.seen["good_rps"])

    @property
    def accepted_in_time(self) -> float:
        """The share of what was not refused; 1 where all was."""
        refused = self.seen["statuses"].get("RESOURCE_EXHAUSTED", 0)
        accepted = self.seen["offered"] - refused
        return float(self.seen["good"] / accepted) if accepted else 1.0

    @property
    def refused(self) -> int:
        return int(self.seen["refusal_us"]["count"])

    @property
    def cpu_us_per_good(self) -> float:
        """The server's CPU time, what refusals took with it."""
        good = max(1.0, self.good_per_second)
        return float(self.seen["server_cores"] / good * 1e6)

    def us(self, what: str, figure: str) -> float:
        """A percentile or the count of `latency`, `refusal`, `send_lag`."""
        return float(self.seen[f"{what}_us"][figure])

    def ms(self, what: str, percentile: str) -> float:
        return self.us(what, percentile) / 1e3


@dataclass(frozen=True)
class OpenLoad:
    """A Poisson process of requests; `deadline` counts from their due time."""

    binaries: Path
    server: ServerProcess
    workload: Workload
    rate: float
    seconds: float
    deadline: float
    warmup_seconds: float = 2.0
    channels: int = 4
    seed: int = 1

    def measure(self) -> OpenWindow:
        command = client_command(
            self.binaries,
            self.server.grpc_address,
            [self.server.pid],
            self.channels,
        )
        command += requests([self.workload], echoes=False)
        command += ["--verify-every", "7", "--rate", str(self.rate)]
        command += ["--seconds", str(self.seconds)]
        command += ["--warmup-seconds", str(self.warmup_seconds)]
        command += ["--timeout", str(self.deadline)]
        command += ["--seed", str(self.seed)]
        before = self._batches()
        seen = run(command, self.seconds)
        rows, batches = (
            now - then for now, then in zip(self._batches(), before, strict=True))
        return OpenWindow(seen, rows / batches if batches else 0.0)

    def _batches(self) -> tuple[float, float]:
        """Rows and batches that the model has run so far."""
        scrape = Scrape(self.server.http_address)
        rows, batches = (
            scrape.value(
                f"sconce_batch_rows_{what}", model=self.workload.model)
            for what in ("sum", "count")
        )
        return rows, batches
