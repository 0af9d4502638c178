"""How many pods there are: updates, budgets and autoscalers."""

import json
import re
from collections.abc import Callable

import pytest

from fake_cluster import cluster
from helm import NAMESPACE, Helm, Manifest, parse
from manifests import only
from sconce_support.tools import output_of
from variants import VARIANTS

Rendered = Callable[[str], list[Manifest]]


def test_replicas_are_the_autoscalers_where_there_is_one(
    variant: list[Manifest],
) -> None:
    kinds = {each["kind"] for each in variant}
    scalers = kinds & {"HorizontalPodAutoscaler", "ScaledObject"}
    assert len(scalers) <= 1
    assert ("replicas" in only(variant, "Deployment")["spec"]) != bool(scalers)
    for kind in scalers:
        target = only(variant, kind)["spec"]["scaleTargetRef"]["name"]
        assert target == only(variant, "Deployment")["metadata"]["name"]


@pytest.mark.parametrize("name, replicas", [("autoscaling", 7), ("cpu", 2)])
def test_an_autoscaler_that_comes_keeps_the_replicas(
    helm: Helm, name: str, replicas: int
) -> None:
    """Left out of an update they would be 1."""
    with cluster(NAMESPACE, "r-sconce", 7) as address:
        options = ("--dry-run=server", f"--kube-apiserver={address}")
        done = helm.try_template(VARIANTS[name], options=options)
    assert done.returncode == 0, output_of(done)
    spec = only(parse(done.stdout), "Deployment")["spec"]
    assert spec["replicas"] == replicas


def test_a_surge_is_awaited_by_default_and_not_without_a_spare_gpu(
    rendered: Rendered,
) -> None:
    def strategy(name: str) -> Manifest:
        return only(rendered(name), "Deployment")["spec"]["strategy"][
            "rollingUpdate"
        ]

    assert strategy("defaults") == {"maxSurge": 1, "maxUnavailable": 0}
    assert strategy("gpu") == {"maxSurge": 0, "maxUnavailable": 1}


def test_the_hpa_adds_pods_by_queue_time(rendered: Rendered) -> None:
    spec = only(rendered("autoscaling"), "HorizontalPodAutoscaler")["spec"]
    (metric,) = spec["metrics"]
    assert metric["pods"]["metric"] == {"name": "sconce_pod_queue_seconds"}
    assert metric["pods"]["target"] == {
        "type": "AverageValue",
        "averageValue": "50m",
    }
    up, down = spec["behavior"]["scaleUp"], spec["behavior"]["scaleDown"]
    assert up["stabilizationWindowSeconds"] == 0
    assert down["stabilizationWindowSeconds"] == 300


def test_the_hpa_can_look_at_more(rendered: Rendered) -> None:
    spec = only(rendered("all-metrics-hpa"), "HorizontalPodAutoscaler")["spec"]
    named = [
        json.dumps(each["pods" if "pods" in each else "resource"])
        for each in spec["metrics"]
    ]
    assert len(named) == 3
    assert "sconce_pod_queued_requests" in named[1]
    assert '"averageUtilization": 80' in named[2]


def test_keda_asks_about_the_pods_of_this_release(helm: Helm) -> None:
    values = VARIANTS["autoscaling-keda"]
    spec = only(helm.template(values, "gate", "prod"), "ScaledObject")["spec"]
    (trigger,) = spec["triggers"]
    assert trigger["metadata"]["threshold"] == "0.05"
    series, namespace, pattern = re.fullmatch(
        r'sum\((\S+)\{namespace="(\S+)",pod=~"(\S+)"\}\)',
        trigger["metadata"]["query"],
    ).groups()
    assert (series, namespace) == ("sconce:pod_queue_seconds:mean1m", "prod")
    assert re.fullmatch(pattern, "gate-sconce-5c9d7b6f4-x2x8z")
    assert not re.fullmatch(pattern, "gate-sconce-gpu-5c9d7b6f4-x2x8z")


def test_a_pod_that_is_not_ready_does_not_hold_up_a_drain(
    rendered: Rendered,
) -> None:
    for name, field, value in (
        ("defaults", "maxUnavailable", 1),
        ("min-available", "minAvailable", "50%"),
    ):
        spec = only(rendered(name), "PodDisruptionBudget")["spec"]
        assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert spec.keys() == {field, "unhealthyPodEvictionPolicy", "selector"}
        assert spec[field] == value
