"""Made-up reports of sconce-load; client/loadtest/doc/report.md has the form.

The latencies are drawn, with a seed; every count follows from them, so that a
report is as consistent as one of a real run.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

VERSION = "0.1.0"
_PERCENTILES = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99,
                "p99_9_ms": 0.999}


@dataclass
class Load:
    """What to make up. `median_ms` and `spread` are of the lognormal
    latencies; `slow_from`, a part of the window, begins a tenth of it in
    which they are ten times as long."""

    rate: int = 200
    seconds: int = 20
    median_ms: float = 8.0
    spread: float = 0.35
    slow_from: float = 0.6
    rejected: float = 0.01
    failed: float = 0.002
    slo_ms: float | None = 50.0
    mode: str = "open"
    names: tuple[str, ...] = ("classifier", "encoder")
    wrong: int = 0
    void: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    timeout_s: float = 60
    bytes: float = 208.0
    interrupted: bool = False
    seed: int = 1
    lag_ms: float = 0.03
    changes: dict[str, Any] = field(default_factory=dict)


def run_report(load: Load | None = None) -> dict[str, Any]:
    """A report of the kind `run`, with `changes` at its top."""
    load = load or Load()
    made = _Run(load)
    return {"format": "sconce-load/1", "kind": "run", "version": VERSION,
            **made.report(), **load.changes}


def sweep_report(*rates: int, capacity: int = 900) -> dict[str, Any]:
    """Latency grows towards `capacity`; what is beyond is refused."""
    runs = []
    for seed, rate in enumerate(rates):
        busy = min(rate / capacity, 0.97)
        runs.append(run_report(Load(
            rate=rate, seconds=12, median_ms=2 / (1 - busy), slow_from=2,
            rejected=max(0.0, 1 - capacity / rate), failed=0, seed=seed,
            names=("classifier",))))
    return {"format": "sconce-load/1", "kind": "sweep", "version": VERSION,
            "started": "2026-11-22T13:00:00Z", "interrupted": False,
            "runs": runs}


def search_report(
    *rates: int, found: int | None = 3, at_least: bool = False
) -> dict[str, Any]:
    made = {**sweep_report(*rates), "kind": "find-max"}
    if found is None:
        return {**made, "found": None, "reason": "the lowest rate misses it"}
    return {**made, "found": {"rate": float(rates[found]), "run": found,
                            "at_least": at_least},
            "reason": "880/s missed it, the next rate above"}


class _Run:
    """The requests of one run, as arrays with an element for each."""

    def __init__(self, load: Load) -> None:
        self.load, self.random = load, np.random.default_rng(load.seed)
        self.size = load.rate * load.seconds
        self.due = np.sort(self.random.random(self.size)) * load.seconds
        self.entry = self.random.integers(len(load.names), size=self.size)
        self.latency = self._lognormal(load.median_ms) * (1 + self.entry)
        begin = load.slow_from * load.seconds
        slow = (self.due >= begin) & (self.due < begin + load.seconds / 10)
        self.latency[slow] *= 10
        fate = self.random.random(self.size)
        self.rejected = fate < load.rejected
        self.failed = ~self.rejected & (fate > 1 - load.failed)
        self.ok = ~self.rejected & ~self.failed
        limit = load.slo_ms or np.inf
        self.good = self.ok & (self.latency <= limit)
        self.lag = self._lognormal(load.lag_ms)

    def report(self) -> dict[str, Any]:
        load, seconds = self.load, self.load.seconds
        good, ok = int(self.good.sum()), int(self.ok.sum())
        lost = int(self.failed.sum())
        counts = {"offered": self.size, "sent": self.size, "unsent": 0,
                  "lost": lost, "answered": self.size - lost, "ok": ok, "good": good}
        return {
            "setup": self._setup(),
            "started": "2026-11-22T13:00:00Z",
            "window_s": float(seconds),
            "interrupted": load.interrupted,
            "void": list(load.void), "notes": list(load.notes),
            "rates": {name: number / seconds for name, number in
                      counts.items() if name not in ("unsent", "lost")},
            "requests": counts,
            "codes": self._codes(np.ones(self.size, bool)),
            "errors": {"RESOURCE_EXHAUSTED": "the queue is full"},
            "latency": distribution(self.latency[self.ok]),
            "rejection_latency": distribution(
                self._lognormal(0.4)[self.rejected]),
            "send_lag": (distribution(self.lag) if load.mode == "open"
                         else None),
            "slo_met": self._slo_met(),
            "answers": {"checked": self.size // 10, "wrong": load.wrong,
                        "faults": ["output_0[3]: 1.5, expected 0.5"]
                        * bool(load.wrong)},
            "server": self._server(),
            "client": {"cpu_s": self.size * 4e-5},
            "series": {"bin_s": 1, "bins": [
                self._bin(second) for second in range(seconds)]},
            "blocks": self._blocks(),
            "mix": [self._entry(*each) for each in enumerate(load.names)],
        }

    def _setup(self) -> dict[str, Any]:
        load = self.load
        closed = load.mode == "closed"
        return {
            "target": "127.0.0.1:8001", "mode": load.mode,
            "arrivals": "" if closed else f"poisson {load.rate}/s",
            "rate": None if closed else load.rate,
            "outstanding": 32 if closed else None,
            "max_outstanding": None if closed else 1_000_000,
            "timeout_s": load.timeout_s, "check_every": 10,
            "slo_ms": load.slo_ms,
            "slo_percentile": 99, "seed": 1, "connections": 1, "warmup_s": 1,
            "mix": [{"name": name, "weight": 1, "payloads": 2,
                     "payload": "x: float32 [1, 4], made up",
                     "bytes": load.bytes} for name in load.names],
        }

    def _slo_met(self) -> bool | None:
        if self.load.slo_ms is None:
            return None
        return bool(self.good.sum() >= 0.99 * self.size)

    def _server(self) -> dict[str, Any]:
        compute = self.latency[self.ok] * 0.6
        queue = self.latency[self.ok] * 0.3 * self._lognormal(1.0)[self.ok]
        return {
            "queue": distribution(queue), "compute": distribution(compute),
            "told": len(compute),
            "metrics": {"cpu_s": float(compute.sum()) / 1000,
                        "queue_s": float(queue.sum()) / 1000,
                        "compute_s": float(compute.sum()) / 1000,
                        "requests": len(compute)},
        }

    def _bin(self, second: int) -> dict[str, Any]:
        here = (self.due >= second) & (self.due < second + 1)
        found = distribution(self.latency[here & self.ok])
        return {"start_s": second, "due": int(here.sum()),
                "sent": int(here.sum()), "ok": int((here & self.ok).sum()),
                "rejected": int((here & self.rejected).sum()),
                "failed": int((here & self.failed).sum()),
                "good": int((here & self.good).sum()),
                **{name: found[name] for name in
                   ("p50_ms", "p99_ms", "max_ms")}}

    def _blocks(self) -> list[dict[str, Any]]:
        number = min(32, self.load.seconds)
        length = self.load.seconds / number
        found = []
        for index in range(number):
            here = (self.due >= index * length) & (
                self.due < (index + 1) * length)
            found.append({
                "start_s": index * length, "length_s": length,
                "due": int(here.sum()), "sent": int(here.sum()),
                "ok": int((here & self.ok).sum()),
                "good": int((here & self.good).sum()),
                "buckets": buckets(self.latency[here & self.ok])})
        return found

    def _entry(self, index: int, name: str) -> dict[str, Any]:
        here = self.entry == index
        return {"name": name, "weight": 1, "codes": self._codes(here),
                "good": int((here & self.good).sum()),
                "checked": int(here.sum()) // 10,
                "wrong": self.load.wrong if not index else 0,
                "latency": distribution(self.latency[here & self.ok])}

    def _codes(self, here: Any) -> dict[str, int]:
        found = {"OK": self.ok, "RESOURCE_EXHAUSTED": self.rejected,
                 "DEADLINE_EXCEEDED": self.failed}
        return {code: int((which & here).sum())
                for code, which in found.items() if (which & here).any()}

    def _lognormal(self, median: float) -> Any:
        return median * np.exp(
            self.random.standard_normal(self.size) * self.load.spread)


def distribution(values: Any) -> dict[str, Any]:
    """Of times in ms."""
    size = len(values)
    return {
        "count": size,
        "mean_ms": float(np.mean(values)) if size else None,
        **{name: float(np.quantile(values, quantile))
           if size * (1 - quantile) >= 100 else None
           for name, quantile in _PERCENTILES.items()},
        "max_ms": float(np.max(values)) if size else None,
        "buckets": buckets(values),
    }


def buckets(values: Any) -> list[list[float]]:
    """Each 1/128 wide of the power of two that it lies above."""
    width = 2.0 ** (np.floor(np.log2(values)) - 7)
    bounds, counts = np.unique(
        np.ceil(values / width) * width, return_counts=True)
    return [[float(bound), int(count)]
            for bound, count in zip(bounds, counts)]
