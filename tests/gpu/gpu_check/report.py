"""The report: what became of each goal, tables beside them, and the exit
code."""

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gpu_check.goals import BY_KEY, GOALS, Goal, Result, Verdict, judge

PASSED, FAILED = 0, 1
_DRY = ("DRY RUN: the CPU stood in for the GPU. Times and rates mean nothing; "
        "what needs a GPU was skipped.")


@dataclass
class Report:
    machine: dict[str, Any]
    dry: bool
    results: dict[str, Result] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def measured(self, key: str, value: float, note: str = "") -> None:
        self.results[key] = judge(BY_KEY[key], value, self.dry, note)

    def skipped(self, key: str, why: str, excused: bool = False) -> None:
        self.results[key] = Result(Verdict.SKIPPED, note=why, excused=excused)

    def wrong(self, key: str, why: str) -> None:
        self.results[key] = Result(Verdict.WRONG, note=why)

    def table(self, section: str, rows: list[dict[str, Any]]) -> None:
        self.tables.setdefault(section, []).extend(rows)

    def close_section(self, section: str, verdict: Verdict, why: str) -> None:
        """Says what became of the section's goals that have no result."""
        for goal in GOALS:
            if goal.section == section:
                self.results.setdefault(goal.key, Result(verdict, note=why))

    def result(self, goal: Goal) -> Result:
        return self.results.get(
            goal.key, Result(Verdict.WRONG, note="the section said nothing"))

    def exit_code(self) -> int:
        """On a GPU a goal that was skipped is not reached either, unless it
        is excused."""
        fine = {Verdict.MET}
        if self.dry:
            fine |= {Verdict.SKIPPED, Verdict.NOT_JUDGED}
        results = [self.result(goal) for goal in GOALS]
        all_fine = all(each.verdict in fine or each.excused
                       for each in results)
        return PASSED if all_fine else FAILED

    def write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(self.as_json(), indent=1) + "\n"
        (folder / "report.json").write_text(text)
        (folder / "report.md").write_text(self.as_markdown())

    def as_json(self) -> dict[str, Any]:
        return {
            "format": "sconce-gpu-check/1",
            "dry": self.dry,
            "exit_code": self.exit_code(),
            "machine": self.machine,
            "goals": [
                {"key": goal.key, "section": goal.section, "what": goal.what,
                 "goal": goal.text(), "value": result.value,
                 "unit": goal.unit, "verdict": str(result.verdict),
                 "note": result.note}
                for goal in GOALS for result in [self.result(goal)]
            ],
            "tables": self.tables,
            "seconds": self.seconds,
        }

    def summary(self) -> str:
        """What became of each goal, and where."""
        parts = ["# GPU check", *([f"**{_DRY}**"] if self.dry else []),
                 _count(self),
                 _table([_goal_row(goal, self.result(goal))
                         for goal in GOALS]),
                 "## machine",
                 _table([{"what": name, "is": value}
                         for name, value in self.machine.items()])]
        return "\n\n".join(parts) + "\n"

    def as_markdown(self) -> str:
        parts = []
        for section, rows in self.tables.items():
            seconds = self.seconds.get(section)
            took = f" ({seconds:.0f} s)" if seconds is not None else ""
            parts += [f"## {section}{took}", *_tables(rows)]
        return "\n".join([self.summary(), *(f"{part}\n" for part in parts)])


def _count(report: Report) -> str:
    verdicts = [report.result(goal).verdict for goal in GOALS]
    counts = (f"{verdicts.count(verdict)} {verdict}" for verdict in Verdict)
    return f"{len(GOALS)} goals: {', '.join(counts)}"


def _goal_row(goal: Goal, result: Result) -> dict[str, Any]:
    return {"verdict": result.verdict, "goal": f"{goal.section}: {goal.what}",
            "figure": result.value, "to reach": goal.text(),
            "why": result.note}


def _tables(rows: list[dict[str, Any]]) -> list[str]:
    """Rows of other columns are another table."""
    return [_table(list(alike)) for _, alike in itertools.groupby(rows, list)]


def _table(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return "Nothing."
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [columns, ["---"] * len(columns),
             *([_cell(row.get(name)) for name in columns] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")
