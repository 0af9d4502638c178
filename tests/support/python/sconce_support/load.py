"""Load: runs sconce-load and reads its report."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[4]
_LONGEST_SECONDS = 120


def default_program() -> Path:
    """What SCONCE_LOAD names, else the binary of `make build`."""
    named = os.environ.get("SCONCE_LOAD")
    return Path(named) if named else _ROOT / "build/bin/sconce-load"


@dataclass(frozen=True)
class Done:
    """How a run ended; `report` is its JSON, {} when there is none."""

    code: int
    report: dict[str, Any]
    stdout: str
    stderr: str


class Load:
    """sconce-load in a process of its own."""

    def __init__(self, program: Path) -> None:
        self.program = program

    def begin(self, *flags: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.program, *flags],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def end(self, process: subprocess.Popen[str]) -> Done:
        stdout, stderr = process.communicate(timeout=_LONGEST_SECONDS)
        report = json.loads(stdout) if stdout.startswith("{") else {}
        return Done(process.returncode, report, stdout, stderr)

    def __call__(self, *flags: str | Path) -> Done:
        """With `--json`; waits for the end."""
        return self.end(self.begin("--json", *flags))
