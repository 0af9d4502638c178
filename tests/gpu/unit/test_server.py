"""A server that another program runs, and processes' families."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from gpu_check import processes

_TWO = "import subprocess, sys; subprocess.run(['sleep', '60'])"


def test_descendants_are_parents_first() -> None:
    with subprocess.Popen(
            ["bash", "-c", f"{sys.executable} -c \"{_TWO}\" & wait"]) as shell:
        while len(found := processes.descendants(shell.pid)) < 2:
            assert shell.poll() is None
        assert processes.runs(found[0], Path(sys.executable))
        os.kill(found[1], signal.SIGTERM)
        assert shell.wait(60) == 0


def test_a_process_that_is_gone_runs_nothing() -> None:
    with subprocess.Popen(["true"]) as done:
        done.wait(60)
    assert not processes.runs(done.pid, Path("/usr/bin/true"))
    assert processes.descendants(done.pid) == []
