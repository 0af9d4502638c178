"""What values change of the rules that the chart installs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from helm import Manifest
from manifests import only
from promtool import promtool
from sconce_support.tools import output_of

Rendered = Callable[[str], list[Manifest]]

OBJECTIVE = "sconce:request_seconds:objective"


def rules(manifests: list[Manifest]) -> list[dict[str, Any]]:
    groups = only(manifests, "PrometheusRule")["spec"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def changed_fields(rendered: Rendered) -> set[tuple[str, str]]:
    """Of which rules, with all values set."""
    pairs = zip(
        rules(rendered("rules")), rules(rendered("plain-rules")), strict=True
    )
    return {
        (was.get("alert") or was["record"], field)
        for rule, was in pairs
        for field in rule.keys() | was.keys()
        if rule.get(field) != was.get(field)
    }


def test_nothing_else_is_changed(rendered: Rendered) -> None:
    alerts = {
        rule["alert"] for rule in rules(rendered("rules")) if "alert" in rule
    }
    assert changed_fields(rendered) == {
        *((alert, "annotations") for alert in alerts),
        (OBJECTIVE, "expr"),
    }


def test_pages_are_where_the_user_has_them(rendered: Rendered) -> None:
    for rule in rules(rendered("rules")):
        if "alert" in rule:
            told = rule["annotations"]
            page = f"https://git.example.com/runbook/{rule['alert']}.md"
            assert told["runbook_url"] == page
            assert told["summary"] and told["description"]


def test_objectives_are_those_of_their_models(
    rendered: Rendered, tmp_path: Path
) -> None:
    (expression,) = (
        rule["expr"]
        for rule in rules(rendered("rules"))
        if rule.get("record") == OBJECTIVE
    )
    expected = {"net": 0.05, "a $1": 2, "other": 1}
    test = {
        "interval": "1m",
        "input_series": [
            {
                "series": f'sconce_model_state{{model="{model}"}}',
                "values": "1x5",
            }
            for model in expected
        ],
        "promql_expr_test": [
            {
                "expr": expression,
                "eval_time": "3m",
                "exp_samples": [
                    {"labels": f'{{model="{model}"}}', "value": value}
                    for model, value in expected.items()
                ],
            }
        ],
    }
    file = tmp_path / "objectives.yaml"
    file.write_text(yaml.safe_dump({"tests": [test]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, output_of(done)
