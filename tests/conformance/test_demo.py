"""`make demo` as a user types it, from the command to the printed labels."""

import os
import re
import subprocess
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
# "  military uniform        0.463  ####"
_LABEL = re.compile(r"^ +(\S.*?) +(0\.\d{3}) +#*$", re.MULTILINE)


@pytest.fixture(scope="module")
def demo() -> str:
    """What the demo printed; everything that it needs is already built."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "MFLAGS"))
    }
    result = subprocess.run(
        ["make", "demo"],
        cwd=_ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_the_photograph_is_a_military_uniform(demo: str) -> None:
    labels = _LABEL.findall(demo)
    assert len(labels) == 5, demo
    name, probability = labels[0]
    assert name == "military uniform"
    assert float(probability) == pytest.approx(0.46, abs=0.01)


def test_the_timing_is_told(demo: str) -> None:
    assert re.search(r"first request +[\d.]+ ms", demo), demo
    assert re.search(r"in the model +[\d.]+ ms", demo), demo


def test_the_server_is_stopped(demo: str) -> None:
    repository = str(_ROOT / "build/demo/models")
    assert "stopping the server" in demo
    assert repository not in " ".join(_command_lines())


def _command_lines() -> list[str]:
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text(errors="replace"))
        except OSError:  # the process ended meanwhile
            continue
    return lines
