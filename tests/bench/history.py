"""Runs that are kept: `--record` adds one to tests/bench/results/.

A file has the figures in the shape that all benchmarks share, and what they
depend on: the commit, the machine and how the run was asked for. Figures of
different machines are not to be compared; ratios less than others.
"""

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import report

RESULTS = Path(__file__).resolve().parent / "results"

_HASH = 10  # letters of a commit in the name of a file


@dataclass(frozen=True)
class Run:
    """One run of the benchmark."""

    date: str  # ISO, UTC
    commit: str  # with "-dirty" where files were changed
    machine: dict[str, Any]
    arguments: list[str]
    figures: list[report.Row]

    @classmethod
    def of(
        cls, arguments: Sequence[str], figures: Sequence[report.Row]
    ) -> Self:
        now = datetime.datetime.now(datetime.UTC)
        return cls(
            date=now.isoformat(timespec="seconds"),
            commit=commit(),
            machine=_machine(),
            arguments=list(arguments),
            figures=list(figures),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        return cls(**json.loads(path.read_text()))

    def record(self, folder: Path = RESULTS) -> Path:
        """Two runs of a day and commit are one: the later one."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.date[:10]}-{self.commit}.json"
        fields = asdict(self)
        fields.pop("figures")
        head = json.dumps(fields, indent=1)[:-2]
        lines = ",\n".join(f"  {json.dumps(row)}" for row in self.figures)
        path.write_text(f'{head},\n "figures": [\n{lines}\n ]\n}}\n')
        return path


def past(folder: Path = RESULTS) -> list[Run]:
    """All recorded runs, the oldest first."""
    runs = [Run.read(path) for path in folder.glob("*.json")]
    return sorted(runs, key=lambda run: run.date)


def commit() -> str:
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty", f"--abbrev={_HASH}"],
        cwd=RESULTS.parent,
        capture_output=True,
        text=True,
    )
    return described.stdout.strip() or "unknown"


def _machine() -> dict[str, Any]:
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": report.processor_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": pages * page,
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()),
        "frequency_governor": _governor(),
        "load_average_after": round(os.getloadavg()[0], 2),
    }


def _governor() -> str:
    path = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    return path.read_text().strip() if path.exists() else "unknown"
