"""Verdicts, and what the report makes of them."""

import json
from pathlib import Path

import pytest

from gpu_check.goals import BY_KEY, GOALS, SECTIONS, Goal, Verdict, judge
from gpu_check.report import FAILED, PASSED, Report

_MACHINE = {"date": "today", "device": "cuda", "GPU": "a | b"}


def _all_met(dry: bool = False) -> Report:
    report = Report(_MACHINE, dry)
    for goal in GOALS:
        report.measured(goal.key, goal.bound)
    return report


@pytest.mark.parametrize(
    ("relation", "value", "verdict"),
    [
        (">=", 0.95, Verdict.MET),
        (">=", 0.94, Verdict.MISSED),
        ("<=", 1.0, Verdict.MISSED),
        ("<=", 0.95, Verdict.MET),
        ("==", 0.95, Verdict.MET),
        ("==", 0, Verdict.MISSED),
        (">=", float("nan"), Verdict.MISSED),
    ],
)
def test_judges_by_the_relation(
    relation: str, value: float, verdict: Verdict
) -> None:
    goal = Goal("a", "b", "c", relation, 0.95)  # type: ignore[arg-type]
    assert judge(goal, value, dry=False).verdict is verdict


def test_a_speed_is_not_judged_in_a_dry_run_and_a_behaviour_is() -> None:
    speed = Goal("a", "b", "c", ">=", 1, speed=True)
    behaviour = Goal("a", "b", "c", "==", 0)
    assert judge(speed, 9, dry=True).verdict is Verdict.NOT_JUDGED
    assert judge(behaviour, 1, dry=True).verdict is Verdict.MISSED


def test_every_goal_belongs_to_a_section_and_has_a_key_of_its_own() -> None:
    assert len(BY_KEY) == len(GOALS)
    assert {goal.section for goal in GOALS} <= set(SECTIONS)


def test_passes_when_all_are_met() -> None:
    assert _all_met().exit_code() == PASSED


def test_a_missed_goal_fails() -> None:
    report = _all_met()
    report.measured("saturation.mlp", 0.5)
    assert report.exit_code() == FAILED


def test_a_section_that_said_nothing_fails_a_dry_run_too() -> None:
    report = _all_met(dry=True)
    del report.results["oom.others"]
    assert report.exit_code() == FAILED
    assert report.result(BY_KEY["oom.others"]).verdict is Verdict.WRONG


def test_what_was_skipped_fails_on_a_gpu_only() -> None:
    for dry, code in ((True, PASSED), (False, FAILED)):
        report = _all_met(dry)
        report.skipped("syncs.lanes", "a reason")
        assert report.exit_code() == code


def test_closing_a_section_keeps_what_it_has_said() -> None:
    report = Report(_MACHINE, dry=False)
    report.measured("oom.refused", 0)
    report.close_section("oom", Verdict.SKIPPED, "no time")
    assert report.results["oom.refused"].verdict is Verdict.MET
    assert report.results["oom.others"].note == "no time"
    assert "syncs.lanes" not in report.results


def test_writes_json_and_markdown(tmp_path: Path) -> None:
    report = _all_met()
    report.measured("queues.identity", 180_000.5, "8 queues")
    report.skipped("reload.memory", "why | not")
    report.table("queues", [{"queues": 8, "RPC/s": 180_000.5}])
    report.seconds["queues"] = 12.3
    report.write(tmp_path)
    told = json.loads((tmp_path / "report.json").read_text())
    by_key = {goal["key"]: goal for goal in told["goals"]}
    assert list(by_key) == [goal.key for goal in GOALS]
    assert by_key["queues.identity"] == {
        "key": "queues.identity", "section": "queues",
        "what": BY_KEY["queues.identity"].what, "goal": ">= 150000 RPC/s",
        "value": 180_000.5, "unit": "RPC/s", "verdict": "met",
        "note": "8 queues"}
    assert told["exit_code"] == FAILED
    page = (tmp_path / "report.md").read_text()
    assert ("| met | queues: identity RPC a second, best number of completion "
            "queues | 180,000 | >= 150000 RPC/s | 8 queues |") in page
    assert "| <= 1 % | why \\| not |" in page
    assert "## queues (12 s)\n\n| queues | RPC/s |" in page
    assert "DRY RUN" not in page


def test_the_goals_come_first_with_a_line_for_each(tmp_path: Path) -> None:
    report = _all_met()
    report.skipped("sanitizer.eager", "none here", excused=True)
    report.write(tmp_path)
    top, _, rest = (tmp_path / "report.md").read_text().partition("## ")
    verdicts = [line.split("|")[1].strip() for line in top.splitlines()
                if line.startswith("| ")][2:]
    assert verdicts.count("met") == len(GOALS) - 1
    assert verdicts.count("SKIPPED") == 1
    assert rest.startswith("machine\n") and "| GPU | a \\| b |" in rest


def test_rows_with_other_columns_are_another_table(tmp_path: Path) -> None:
    report = _all_met()
    report.table("reload", [{"a": 1}, {"a": 2}, {"b": 3}])
    report.write(tmp_path)
    assert ("| a |\n| --- |\n| 1 |\n| 2 |\n\n| b |\n| --- |\n| 3 |"
            in (tmp_path / "report.md").read_text())


def test_a_dry_run_says_so_on_top(tmp_path: Path) -> None:
    _all_met(dry=True).write(tmp_path)
    page = (tmp_path / "report.md").read_text()
    assert page.startswith("# GPU check\n\n**DRY RUN")
