"""How sections end, and what the report says of it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_check import runner
from gpu_check.context import Check, OutOfTime
from gpu_check.goals import SECTIONS, Verdict
from gpu_check.report import Report

Section = Callable[[Check, Any, Report], None]


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Report]:
    """Runs the given sections; the others do nothing."""

    def run_these(seconds: float = 60, **sections: Section) -> Report:
        def nothing(check: Check, models: Any, report: Report) -> None:
            pass

        runs = {name: (sections.get(name, nothing), 10.0)
                for name in SECTIONS}
        monkeypatch.setattr(runner, "RUNS", runs)
        monkeypatch.setattr(runner, "make_models", lambda check: {})
        check = Check(tmp_path, "python3", tmp_path, "cuda", False, tmp_path)
        report = Report({"date": "today"}, dry=False)
        runner.run_all(check, report, SECTIONS, time.monotonic() + seconds,
                       tmp_path / "out")
        return report

    return run_these


def test_a_section_whose_time_is_up_keeps_what_it_measured(
    run: Callable[..., Report]
) -> None:
    def oom(check: Check, models: Any, report: Report) -> None:
        report.measured("oom.refused", 0)
        raise OutOfTime("waiting for a server")

    report = run(oom=oom)
    assert report.results["oom.refused"].verdict is Verdict.MET
    others = report.results["oom.others"]
    assert others.verdict is Verdict.SKIPPED
    assert "waiting for a server" in others.note


def test_a_section_that_fails_leaves_the_others_their_turn(
    run: Callable[..., Report]
) -> None:
    def reload(check: Check, models: Any, report: Report) -> None:
        raise ValueError("out of order")

    def oom(check: Check, models: Any, report: Report) -> None:
        report.measured("oom.refused", 0)

    report = run(reload=reload, oom=oom)
    assert report.results["reload.cycles"].verdict is Verdict.WRONG
    assert "out of order" in report.results["reload.cycles"].note
    assert report.results["oom.refused"].verdict is Verdict.MET


def test_a_section_that_says_nothing_is_wrong(
    run: Callable[..., Report]
) -> None:
    assert run().results["syncs.lanes"].verdict is Verdict.WRONG


def test_a_section_ends_with_the_whole_check(
    run: Callable[..., Report]
) -> None:
    deadlines = []

    def correctness(check: Check, models: Any, report: Report) -> None:
        deadlines.append(check.deadline - time.monotonic())

    run(seconds=5, correctness=correctness)
    assert len(deadlines) == 1 and deadlines[0] <= 5


def test_without_time_every_section_is_skipped_and_says_so(
    run: Callable[..., Report]
) -> None:
    def oom(check: Check, models: Any, report: Report) -> None:
        raise AssertionError("there is no time for this")

    report = run(seconds=0.5, oom=oom)
    assert {(each.verdict, each.note) for each in report.results.values()} == {
        (Verdict.SKIPPED, "the check's time was up")}
