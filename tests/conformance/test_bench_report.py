"""What the benchmark keeps of a run and says about it: history.py, page.py."""

import json
import sys
from pathlib import Path

import pytest

_BENCH = Path(__file__).resolve().parents[1] / "bench"


@pytest.fixture(autouse=True)
def bench_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(_BENCH), *sys.path])


def figures() -> list[dict]:
    import report

    return [
        report.row("overload_a", "goodput_2x", 0.97, "1", 0.95),
        report.row("overload_a", "goodput_5x", 0.45, "1", 0.90),
        report.row("idle", "cpu", 0.1, "percent", 0.5, at_most=True),
        report.row("idle", "slow", 2.0, "percent", 0.5, at_most=True),
        report.row("idle", "free", 3.0, "1"),
    ]


def test_a_recorded_run_is_read_as_it_was(tmp_path: Path) -> None:
    import history

    run = history.Run.of(["--only", "idle"], figures())
    path = run.record(tmp_path)
    assert path.name == f"{run.date[:10]}-{run.commit}.json"
    assert history.past(tmp_path) == [run]
    assert json.loads(path.read_text())["machine"]["cores"] > 0
    assert run.record(tmp_path) == path  # no second file


def test_past_runs_come_in_their_order(tmp_path: Path) -> None:
    import history

    for date, commit in (("2026-02-01", "b"), ("2026-01-01", "c")):
        history.Run(date, commit, {}, [], []).record(tmp_path)
    assert [run.commit for run in history.past(tmp_path)] == ["c", "b"]


def test_the_share_of_a_goal_is_above_one_when_it_is_met() -> None:
    import page

    shares = [page.reached(row) for row in figures() if row["goal"]]
    assert [share >= 1 for share in shares] == [True, False, True, False]


def test_the_page_stands_alone_and_names_every_figure(tmp_path: Path) -> None:
    import history
    import page

    run = history.Run.of(["<script>"], figures())
    page.write(run, [run], tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert all(row["metric"] in text for row in figures())
    assert text.count("<svg") == 3  # distances, overload, history
    assert "&lt;script&gt;" in text and "<script" not in text
    assert "src=" not in text and "<link" not in text
