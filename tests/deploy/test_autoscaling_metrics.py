"""What the autoscalers ask for is what deploy/prometheus provides."""

from collections.abc import Callable

import pytest
import yaml

from helm import ROOT, Manifest
from manifests import only

Rendered = Callable[[str], list[Manifest]]
FOLDER = ROOT / "deploy/prometheus"


def rules(manifest: Manifest) -> set[str]:
    """The series that a PrometheusRule records."""
    groups = manifest["spec"]["groups"]
    return {rule.get("record") for group in groups for rule in group["rules"]}


@pytest.fixture
def recorded(rendered: Rendered) -> set[str]:
    return rules(only(rendered("monitoring"), "PrometheusRule"))


def test_the_adapter_offers_the_metrics_of_the_hpa(
    rendered: Rendered, recorded: set[str]
) -> None:
    text = (FOLDER / "adapter-values.yaml").read_text()
    offered = {
        each["name"]["as"]: each["seriesQuery"].split("{")[0]
        for each in yaml.safe_load(text)["rules"]["custom"]
    }
    hpa = only(rendered("all-metrics-hpa"), "HorizontalPodAutoscaler")
    asked = {
        each["pods"]["metric"]["name"]
        for each in hpa["spec"]["metrics"]
        if each["type"] == "Pods"
    }
    assert len(asked) == 2
    assert {offered[name] for name in asked} <= recorded


def test_keda_asks_for_series_that_are_recorded(
    rendered: Rendered, recorded: set[str]
) -> None:
    triggers = only(rendered("all-metrics-keda"), "ScaledObject")["spec"][
        "triggers"
    ]
    series = {
        each["metadata"]["query"].removeprefix("sum(").split("{")[0]
        for each in triggers
        if each["type"] == "prometheus"
    }
    assert len(series) == 2
    assert series <= recorded


def test_the_chart_has_every_rule(rendered: Rendered) -> None:
    texts = [file.read_text() for file in FOLDER.glob("sconce-*.yaml")]
    groups = [
        each for text in texts for each in yaml.safe_load(text)["groups"]
    ]
    made = only(rendered("plain-rules"), "PrometheusRule")
    packed = made["spec"]["groups"]
    by_name = {each["name"]: each for each in packed}
    assert by_name == {each["name"]: each for each in groups}
    assert len(by_name) == len(packed) == len(groups) > 0
