"""Other people's programs, installed when a test first asks for them."""

import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
TOOLCHAIN = ROOT / "deploy/toolchain"

# Set where no client may be lost unnoticed. Not in `.ci/run`: a registry that
# cannot be reached is no fault of a change.
_ALL = "SCONCE_REQUIRE_CLIENTS"
_INSTALL_SECONDS = 600


@cache
def _install(kind: str, tool: str) -> tuple[Path | None, str]:
    """The tool's folder, or why there is none."""
    try:
        done = subprocess.run(
            [TOOLCHAIN / kind / "install.sh", tool],
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return None, f"it takes more than {_INSTALL_SECONDS} s"
    if done.returncode:
        return None, "; ".join(done.stderr.splitlines()[-3:])
    return Path(done.stdout.splitlines()[-1]), ""


def installed(tool: str, kind: str = "clients") -> Path:
    """The folder of a tool of deploy/toolchain/<kind>; the test is skipped
    where there is no way to get it, and fails with SCONCE_REQUIRE_CLIENTS=1."""
    folder, reason = _install(kind, tool)
    if folder is not None:
        return folder
    why = f"{tool} is not installed: {reason}"
    if os.environ.get(_ALL):
        pytest.fail(why)
    pytest.skip(why)


def run(
    command: list[str | Path],
    *,
    seconds: float = 60.0,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
    text_in: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """The program's end; its output is text. TimeoutExpired past the time."""
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, **(environment or {})},
        cwd=folder,
        input=text_in,
    )


def output_of(done: subprocess.CompletedProcess[str]) -> str:
    """What a person would see, for the message of a failed test."""
    command = " ".join(map(str, done.args))
    return f"{command}\nexit {done.returncode}\n{done.stdout}{done.stderr}"
