"""The rules of deploy/prometheus: promtool's tests of them, and that none is
without a test, nor an alert without a page that says what to do."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import expressions
from promtool import promtool
from sconce_support.tools import output_of

ALERTS = sorted({rule["alert"] for rule in expressions.alerts()})
RECORDS = sorted({rule["record"] for rule in expressions.recordings()})
PAGES = sorted(page.stem for page in expressions.RUNBOOK.glob("Sconce*.md"))
SECTIONS = ["What it means", "How to look", "What to do", "When it is harmless"]


def cases(kind: str) -> Iterator[dict[str, Any]]:
    """The single tests of all files: `promql_expr_test` or `alert_rule_test`."""
    for file in expressions.RULE_TESTS:
        for test in yaml.safe_load(file.read_text())["tests"]:
            yield from test.get(kind, [])


def test_promtool_takes_the_rules() -> None:
    done = promtool("check", "rules", *expressions.RULES)
    assert done.returncode == 0, output_of(done)


@pytest.mark.parametrize(
    "file", expressions.RULE_TESTS, ids=lambda file: file.stem
)
def test_the_rules_do_what_they_are_for(file: Path) -> None:
    done = promtool("test", "rules", file)
    assert done.returncode == 0, output_of(done)
    assert "SUCCESS" in done.stdout


def test_every_recording_rule_is_tested() -> None:
    asked = "\n".join(case["expr"] for case in cases("promql_expr_test"))
    assert [n for n in RECORDS if not re.search(rf"{n}\b(?!:)", asked)] == []


def test_every_alert_is_seen_to_fire_and_to_be_silent() -> None:
    for name in ALERTS:
        fired = {
            bool(case["exp_alerts"])
            for case in cases("alert_rule_test")
            if case["alertname"] == name
        }
        assert fired == {True, False}, name


def test_every_alert_says_what_it_is_and_where_its_page_is() -> None:
    for rule in expressions.alerts():
        told, name = rule["annotations"], rule["alert"]
        assert set(told) == {"summary", "description", "runbook_url"}, name
        assert told["runbook_url"] == f"deploy/doc/runbook/{name}.md"
        assert rule["labels"]["severity"] in {"critical", "warning"}, name


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    assert PAGES == ALERTS


@pytest.mark.parametrize("name", PAGES)
def test_a_page_answers_what_somebody_asks_at_night(name: str) -> None:
    text = (expressions.RUNBOOK / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)$", text, re.M) == SECTIONS
    look = text.split("## How to look")[1].split("\n## ")[0]
    assert "```" in look, "no command that can be copied"


def labels_of(alert: str) -> set[str]:
    """What it fires with in promtool's tests."""
    return {
        label
        for case in cases("alert_rule_test")
        if case["alertname"] == alert
        for fired in case["exp_alerts"]
        for label in fired["exp_labels"]
    }


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_for_what_the_alert_tells(name: str) -> None:
    """Or says itself which POD is meant."""
    text = (expressions.RUNBOOK / f"{name}.md").read_text()
    blocks = "\n".join(re.findall(r"^ *```\w+\n(.*?)^ *```", text, re.M | re.S))
    told = labels_of(name)
    for word in ("JOB", "MODEL", "POD", "VERSION"):
        if re.search(rf"\b{word}\b", blocks) and word.lower() not in told:
            assert f"# {word} is " in blocks, f"{name}: which {word}?"


def test_pods_of_charts_and_of_kserve_are_found() -> None:
    """`nameOverride` changes the name, and KServe's pods have another."""
    for page in expressions.RUNBOOK.glob("*.md"):
        for selector in re.findall(r"(?<!ls) -l ([\w./=-]+)", page.read_text()):
            assert selector == "app.kubernetes.io/part-of=sconce", page.name
