"""The whole check, with the CPU in place of the GPU."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gpu_check.goals import GOALS, SECTIONS

_SECONDS = 240.0
_NO_GPU = 77


def _check(
    unpacked: Path, environment: dict[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [unpacked / "check.sh", *words], env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=_SECONDS,
        check=False)


def test_a_dry_run_meets_what_a_cpu_can_and_says_what_it_cannot(
    unpacked: Path, environment: dict[str, str], tmp_path: Path,
    fake_sanitizer: Callable[..., Path],
) -> None:
    done = _check(unpacked, environment, "--python", sys.executable,
                  "--device", "cpu", "--quick", "--out", str(tmp_path),
                  "--sanitizer", str(fake_sanitizer()))
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / "report.json").read_text())
    verdicts = {goal["key"]: goal["verdict"] for goal in told["goals"]}
    assert told["dry"] and list(told["seconds"]) == list(SECTIONS)
    for key in ("correctness.own", "correctness.zoo", "reload.cycles",
                "reload.answers", "oom.refused", "oom.others",
                "sanitizer.stress", "sanitizer.eager",
                "sanitizer.eager_answers", "sanitizer.graphs",
                "sanitizer.graphs_answers"):
        assert verdicts[key] == "met", key
    for goal in GOALS:
        if goal.speed:
            assert verdicts[goal.key] in ("not judged", "SKIPPED"), goal.key
    assert {key for key, verdict in verdicts.items()
            if verdict == "SKIPPED"} >= {"syncs.lanes", "sticky.exit"}
    assert all(goal["note"] for goal in told["goals"]
               if goal["verdict"] == "SKIPPED")
    assert "DRY RUN" in (tmp_path / "report.md").read_text()
    assert told["machine"]["bundle"] == (
        unpacked / "CONTENTS").read_text().splitlines()[0]
    log = (tmp_path / "check.log").read_text()
    assert '"listening"' in log and log.count("--- ended with 0") > 5
    assert torch.__version__ in told["machine"]["torch"]
    assert {row["model"] for row in told["tables"]["saturation"]} >= {
        "resnet50", "bert_base", "mlp"}
    loads = [row["first requests after"] for row in told["tables"]["reload"]
             if "first requests after" in row]
    assert loads == ["the start", "a reload", "a reload"]
    assert verdicts["reload.first"] == "not judged"
    _is_watched_as_told(tmp_path, told["tables"]["sanitizer"])


def _is_watched_as_told(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    stress, eager, graphs = rows
    assert stress["clients that broke off"] and stress["answers"]
    assert (eager["errors"], graphs["errors"]) == (0, 0)
    calls = (tmp_path / "calls.txt").read_text().splitlines()
    assert [call.split(":")[0] for call in calls] == ["1", ""]
    for call in calls:
        assert " --tool memcheck --target-processes application-only " in call
        assert "bin/sconce-server --model-repository" in call


def test_without_a_gpu_it_is_skipped_and_no_pass(
    unpacked: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    hidden = {**environment, "CUDA_VISIBLE_DEVICES": ""}
    done = _check(unpacked, hidden, "--python", sys.executable,
                  "--out", str(tmp_path))
    assert done.returncode == _NO_GPU
    assert "SKIPPED: no GPU" in done.stderr


def test_what_the_time_did_not_suffice_for_is_skipped(
    unpacked: Path, environment: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Paths are from where it is called, wherever the bundle is."""
    monkeypatch.chdir(tmp_path)
    _check(unpacked, environment, "--python", os.path.relpath(sys.executable),
           "--device", "cpu", "--quick", "--seconds", "0", "--out", ".")
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["exit_code"] == 1
    assert {goal["verdict"] for goal in told["goals"]} == {"wrong"}


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (("--python",), 2, "--python needs a value"),
        (("--python", sys.executable, "--sanitizer", "/missing"), 2,
         "/missing is no program"),
        (("--python", sys.executable, "--sanitizer", "/usr"), 2,
         "/usr is no program"),
        (("--python", "missing-python"), 1, "missing-python has no torch"),
        (("--python", "/bin/false"), 1, "/bin/false has no torch"),
        (("--python", sys.executable, "--device", "tpu"), 2, "invalid choice"),
    ],
)
def test_a_wrong_call_is_named(
    unpacked: Path, environment: dict[str, str], tmp_path: Path,
    words: tuple[str, ...], code: int, text: str,
) -> None:
    done = _check(unpacked, environment, "--out", str(tmp_path), *words)
    assert (done.returncode, text in done.stderr) == (code, True), done.stderr


@pytest.fixture
def no_python(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An environment whose PATH has what check.sh calls, but no Python."""
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    return environment | {"PATH": str(tmp_path)}


def test_help_needs_no_python(
    unpacked: Path, no_python: dict[str, str]
) -> None:
    done = _check(unpacked, no_python, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for word in ("[--python PYTHON] [--out DIR]", "Exit codes: 0"):
        assert word in done.stdout
    assert "set -e" not in done.stdout and "#" not in done.stdout


def test_without_a_python_it_says_what_is_wanted(
    unpacked: Path, no_python: dict[str, str]
) -> None:
    done = _check(unpacked, no_python)
    assert done.returncode == 1
    assert "no python3 on the PATH is 3.11 or later" in done.stderr


def test_outside_of_a_bundle_it_says_where_to_run(
    environment: dict[str, str], tmp_path: Path
) -> None:
    here = Path(__file__).resolve().parents[1]
    done = _check(here, environment, "--out", str(tmp_path))
    assert done.returncode == 2 and "make gpu-bundle" in done.stderr
