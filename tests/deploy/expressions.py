"""Every PromQL expression below deploy/, with what is known of its names."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
RULES = [PROMETHEUS / "sconce-recording.yaml", PROMETHEUS / "sconce-alerts.yaml"]
RULE_TESTS = sorted(PROMETHEUS.glob("*_test.yaml"))
DASHBOARD = DEPLOY / "grafana/sconce.json"
RUNBOOK = DEPLOY / "doc/runbook"

# What Prometheus adds to each series that it scrapes.
TARGET = {
    "namespace": "ml",
    "pod": "sconce-5d8f7c9b4-x2x7k",
    "container": "sconce",
    "job": "sconce",
    "instance": "10.0.0.1:8002",
}
# Metrics of others that we ask for, and their labels: of Prometheus itself,
# kube-state-metrics, the kubelet, dcgm-exporter. There are no more.
_STATE = {"namespace", "job", "instance"}  # kube-state-metrics' own
_POD = {"namespace", "pod", "container"}
_AUTOSCALER = {"namespace", "horizontalpodautoscaler"}
_GPU = {"namespace", "pod", "container", "gpu"}
OTHERS: dict[str, set[str]] = {
    "up": set(TARGET),
    "kube_pod_container_status_restarts_total": _POD | _STATE | {"uid"},
    "kube_pod_container_status_last_terminated_reason": _POD | _STATE | {"reason", "uid"},
    "kube_deployment_spec_replicas": _STATE | {"deployment"},
    "kube_deployment_status_replicas_available": _STATE | {"deployment"},
    "kube_horizontalpodautoscaler_status_current_replicas": _AUTOSCALER,
    "kube_horizontalpodautoscaler_status_desired_replicas": _AUTOSCALER,
    "container_memory_working_set_bytes": _POD,
    "container_cpu_cfs_periods_total": _POD,
    "container_cpu_cfs_throttled_periods_total": _POD,
    "DCGM_FI_DEV_GPU_UTIL": _GPU,
    "DCGM_FI_DEV_FB_USED": _GPU,
    "DCGM_FI_DEV_POWER_USAGE": _GPU,
}

# What Grafana puts in place of its variables.
VARIABLES = {
    "$namespace": "ml",
    "$pod": "sconce-.*",
    "$model": ".*",
    "$__rate_interval": "5m",
}


@dataclasses.dataclass(frozen=True)
class Found:
    where: str
    text: str
    legend: str = ""  # a panel's: {{label}}
    label: str = ""  # a variable's, which has that label's values


def rules() -> Iterator[dict[str, Any]]:
    for file in RULES:
        for group in yaml.safe_load(file.read_text())["groups"]:
            yield from group["rules"]


def alerts() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "alert" in rule]


def recordings() -> list[dict[str, Any]]:
    return [rule for rule in rules() if "record" in rule]


def of_rules() -> Iterator[Found]:
    for rule in rules():
        yield Found(rule.get("record") or rule["alert"], rule["expr"])


def substituted(text: str) -> str:
    for variable, value in VARIABLES.items():
        text = text.replace(variable, value)
    return text


def _panels(panels: list[dict]) -> Iterator[dict]:
    for panel in panels:
        yield panel
        yield from _panels(panel.get("panels", []))


def of_dashboard() -> Iterator[Found]:
    for panel in _panels(json.loads(DASHBOARD.read_text())["panels"]):
        for target in panel.get("targets", []):
            yield Found(
                f'panel "{panel["title"]}"',
                substituted(target["expr"]),
                target["legendFormat"],
            )


def of_variables() -> Iterator[Found]:
    """What a variable's values are taken from."""
    dashboard = json.loads(DASHBOARD.read_text())
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        asked = re.fullmatch(
            r"label_values\((.*), (\w+)\)", variable["query"]["query"]
        )
        assert asked, variable
        name = f"variable {variable['name']}"
        yield Found(name, substituted(asked[1]), label=asked[2])


def of_autoscaling() -> Iterator[Found]:
    adapter = yaml.safe_load((PROMETHEUS / "adapter-values.yaml").read_text())
    for rule in adapter["rules"]["custom"]:
        yield Found("adapter-values.yaml", rule["seriesQuery"])
        # What the adapter makes of it when it is asked for two pods.
        query = (
            rule["metricsQuery"]
            .replace("<<.Series>>", rule["seriesQuery"].split("{")[0])
            .replace("<<.LabelMatchers>>", 'namespace="ml",pod=~"a|sconce-.*"')
            .replace("<<.GroupBy>>", "pod")
        )
        yield Found("adapter-values.yaml", query)
    keda = yaml.safe_load((PROMETHEUS / "keda-trigger.yaml").read_text())
    query = keda["triggers"][0]["metadata"]["query"]
    yield Found(
        "keda-trigger.yaml",
        query.replace("NAMESPACE", "ml").replace("DEPLOYMENT", "sconce"),
    )


def pages() -> list[Path]:
    return sorted(DEPLOY.rglob("*.md"))


def of_pages() -> Iterator[Found]:
    """The blocks ```promql, one query each."""
    for page in pages():
        text = page.read_text()
        for query in re.findall(r"^```promql\n(.*?)^```", text, re.M | re.S):
            filled = query.replace("NAMESPACE", "ml").replace("JOB", "sconce")
            filled = filled.replace("POD", TARGET["pod"])
            yield Found(page.name, filled.replace("MODEL", "reloaded"))


SOURCES: dict[str, Callable[[], Iterator[Found]]] = {
    "rules": of_rules,
    "dashboard": of_dashboard,
    "variables": of_variables,
    "autoscaling": of_autoscaling,
    "pages": of_pages,
}
