"""How sections end, and what the report says of it."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_check import runner, surroundings
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
        monkeypatch.setattr(runner, "MODELS_SECONDS", 0.0)
        monkeypatch.setattr(surroundings, "read_ahead", lambda folders: None)
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


def test_everything_gets_its_time_within_the_limit() -> None:
    sure = runner.MODELS_SECONDS + sum(
        seconds for _, seconds in runner.RUNS.values())
    assert sure + runner.LOST_SECONDS <= runner.LIMIT_SECONDS
    script = Path(runner.__file__).resolve().parents[1] / "check.sh"
    killed = re.search(r"longest=(\d+)", script.read_text())
    assert killed is not None
    # Python, the servers' ends and the report need some, too.
    assert runner.LIMIT_SECONDS + 20 <= int(killed[1]) <= 480


def test_time_that_is_left_over_goes_to_the_next_and_no_more(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "RUNS", {"a": (None, 10.0), "b": (None, 20.0)})
    assert runner.deadline(100, 200, 30, ["a", "b"]) == 170  # 70 s, not 30
    assert runner.deadline(170, 200, 10, ["b"]) == 180
    assert runner.deadline(180, 200, 20, []) == 200
    # Whoever is late has its own, and nobody has more than there is.
    assert runner.deadline(175, 200, 10, ["b"]) == 185
    assert runner.deadline(195, 200, 10, ["b"]) == 200


def test_a_section_has_the_time_of_those_before_that_were_not_asked_for(
    run: Callable[..., Report]
) -> None:
    left = []

    def lanes(check: Check, models: Any, report: Report) -> None:
        left.append(check.deadline - time.monotonic())

    run(seconds=60, lanes=lanes)
    assert len(left) == 1 and 50 < left[0] <= 60


def test_a_check_that_is_cut_off_says_so(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    def oom(check: Check, models: Any, report: Report) -> None:
        report.measured("oom.refused", 0)
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        run(oom=oom)
    told = json.loads((tmp_path / "out/report.json").read_text())
    notes = {goal["key"]: goal["note"] for goal in told["goals"]}
    assert notes["oom.refused"] == ""
    assert notes["oom.others"] == "the check was cut off"
    assert notes["queues.identity"] == "the check was cut off"


def test_what_went_wrong_is_in_the_log(
    run: Callable[..., Report], tmp_path: Path
) -> None:
    def oom(check: Check, models: Any, report: Report) -> None:
        check.log = tmp_path / "check.log"
        error = ValueError("out of order")
        error.add_note("the server's last words")
        raise error

    run(oom=oom)
    log = (tmp_path / "check.log").read_text()
    assert "out of order" in log and "last words" in log


def test_without_time_every_section_is_skipped_and_says_so(
    run: Callable[..., Report]
) -> None:
    def oom(check: Check, models: Any, report: Report) -> None:
        raise AssertionError("there is no time for this")

    report = run(seconds=0.5, oom=oom)
    assert {(each.verdict, each.note) for each in report.results.values()} == {
        (Verdict.SKIPPED, "the check's time was up")}
