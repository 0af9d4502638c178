"""Finding compute-sanitizer, reading what it says, and judging it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_check import sanitizer
from gpu_check.context import Check
from gpu_check.goals import Verdict
from gpu_check.load import Load
from gpu_check.report import PASSED, Report
from gpu_check.sections import sanitizer as section

_WATCHED = ("sanitizer.eager", "sanitizer.eager_answers", "sanitizer.graphs",
            "sanitizer.graphs_answers")


@pytest.fixture
def report() -> Report:
    return Report({"date": "today"}, dry=False)


@pytest.fixture
def check(tmp_path: Path) -> Check:
    return Check(tmp_path, "python3", tmp_path, "cuda", True, tmp_path)


def _program(folder: Path) -> Path:
    folder.mkdir(parents=True)
    made = folder / sanitizer.PROGRAM
    made.write_text("#!/bin/sh\n")
    made.chmod(0o755)
    return made


def _find(tmp_path: Path, **environment: str) -> Path | None:
    return sanitizer.find(environment, [str(tmp_path / "site-packages")],
                          tmp_path / "local")


@pytest.mark.parametrize("place", [
    "local/cuda-13.0/bin", "local/cuda/compute-sanitizer",
    "site-packages/nvidia/cu13/compute-sanitizer"])
def test_is_found_where_toolkits_and_wheels_have_it(
    tmp_path: Path, place: str
) -> None:
    assert _find(tmp_path) is None
    assert _find(tmp_path, PATH="") is None
    made = _program(tmp_path / place)
    assert _find(tmp_path) == made


def test_the_path_goes_before_cuda_home_and_that_before_the_rest(
    tmp_path: Path
) -> None:
    last = _program(tmp_path / "local/cuda/bin")
    home = _program(tmp_path / "home/bin")
    first = _program(tmp_path / "path")
    environment = {"CUDA_HOME": str(tmp_path / "home")}
    assert _find(tmp_path, PATH=str(first.parent), **environment) == first
    assert _find(tmp_path, **environment) == home
    home.chmod(0o644)
    assert _find(tmp_path, **environment) == last


@pytest.mark.parametrize(("text", "errors", "unable"), [
    ("========= ERROR SUMMARY: 0 errors", 0, False),
    ("========= Invalid __global__ read\n========= ERROR SUMMARY: 1 error", 1,
     False),
    ("========= ERROR SUMMARY: 12 errors (2 not printed)", 12, False),
    ("========= Error: Device not supported. Please refer to the list", None,
     True),
    ("========= Target application terminated before first instrumented API "
     "call", None, True),
    ("========= Internal Sanitizer Error", None, False),
])
def test_what_it_says_is_read(
    tmp_path: Path, text: str, errors: int | None, unable: bool
) -> None:
    log = tmp_path / "log"
    log.write_text(f"========= COMPUTE-SANITIZER\n{text}\n")
    found = sanitizer.read(log)
    assert (found.errors, found.unable) == (errors, unable)
    assert found.text.startswith("COMPUTE-SANITIZER; ")


def test_without_a_log_there_is_no_summary(tmp_path: Path) -> None:
    found = sanitizer.read(tmp_path / "missing")
    assert found.errors is None and not found.unable


def test_a_machine_without_one_is_excused(
    check: Check, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(section, "_stress", lambda *words: None)
    monkeypatch.setattr(sanitizer, "find", lambda: None)
    section.run(check, {}, report)
    for key in _WATCHED:
        result = report.results[key]
        assert result.verdict is Verdict.SKIPPED and result.excused
        assert "compute-sanitizer" in result.note


def _watch(
    check: Check, report: Report, monkeypatch: pytest.MonkeyPatch,
    program: Path,
) -> None:
    """With a server that cannot start."""
    check.deadline = time.monotonic() + 60
    check.known["--device"] = False
    (check.bundle / "bin").mkdir(exist_ok=True)
    check.server.write_text("#!/bin/sh\nexit 1\n")
    check.server.chmod(0o755)
    monkeypatch.setattr(section, "_serve", lambda *words: [])
    section._watch(check, {}, report, section._PASSES[0], program)


def test_one_that_cannot_watch_is_excused(
    check: Check, report: Report, monkeypatch: pytest.MonkeyPatch,
    fake_sanitizer: Callable[..., Path],
) -> None:
    program = fake_sanitizer("========= Error: Device not supported")
    _watch(check, report, monkeypatch, program)
    assert {key: result.excused for key, result in report.results.items()} == {
        key: True for key in _WATCHED[:2]}
    assert "Device not supported" in report.results[_WATCHED[0]].note


def test_a_server_that_does_not_start_under_it_is_not_excused(
    check: Check, report: Report, monkeypatch: pytest.MonkeyPatch,
    fake_sanitizer: Callable[..., Path],
) -> None:
    program = fake_sanitizer("========= ERROR SUMMARY: 3 errors")
    _watch(check, report, monkeypatch, program)
    for key in _WATCHED[:2]:
        result = report.results[key]
        assert result.verdict is Verdict.WRONG and not result.excused
        assert "does not listen" in result.note and "3 errors" in result.note


@pytest.mark.parametrize(("answers", "codes", "verdict"), [
    ({"wrong": 0, "checked": 5}, {"OK": 5}, Verdict.MET),
    ({"wrong": 1, "checked": 5}, {"OK": 5}, Verdict.MISSED),
    ({"wrong": 0, "checked": 5}, {"OK": 5, "INTERNAL": 1}, Verdict.MISSED),
    ({"wrong": 0, "checked": 0}, {"OK": 5}, Verdict.WRONG),
])
def test_answers_are_right_when_all_came_and_were_checked(
    report: Report, answers: dict[str, int], codes: dict[str, int],
    verdict: Verdict,
) -> None:
    done: dict[str, Any] = {"answers": answers, "codes": codes, "errors": {}}
    section._judge_answers("sanitizer.stress", Load([done]), report)
    assert report.results["sanitizer.stress"].verdict is verdict


def test_what_is_excused_is_no_failure_and_what_is_skipped_is(
    report: Report
) -> None:
    from gpu_check.goals import GOALS
    for goal in GOALS:
        report.measured(goal.key, goal.bound)
    report.skipped("sanitizer.eager", "no compute-sanitizer", excused=True)
    assert report.exit_code() == PASSED
    report.skipped("sanitizer.graphs", "no time")
    assert report.exit_code() != PASSED
