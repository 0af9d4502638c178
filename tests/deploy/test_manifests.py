"""Every object is one that Kubernetes, or the add-on it is for, would take."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from conftest import Validate
from helm import Manifest
from manifests import write
from sconce_support.tools import output_of
from variants import VARIANTS

Rendered = Callable[[str], list[Manifest]]


def test_all_variants_are_valid(
    rendered: Rendered, validate: Validate, tmp_path: Path
) -> None:
    for name in VARIANTS:
        write(tmp_path / f"{name}.yaml", rendered(name))
    done = validate(tmp_path)
    assert done.returncode == 0, output_of(done)


def test_all_kinds_that_we_promise_are_rendered(rendered: Rendered) -> None:
    kinds = {each["kind"] for name in VARIANTS for each in rendered(name)}
    assert kinds == {
        "Certificate",
        "Deployment",
        "GRPCRoute",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "Pod",
        "PodDisruptionBudget",
        "PodMonitor",
        "PrometheusRule",
        "ScaledObject",
        "Service",
        "ServiceAccount",
        "ServiceMonitor",
    }


@pytest.mark.parametrize(
    "name, kind, path, value, complaint",
    [
        ("defaults", "Deployment", "spec.replicas", "2", "want integer"),
        ("defaults", "Deployment", "spec.replica", 2, "'replica' not allowed"),
        ("defaults", "PodDisruptionBudget", "spec.minimum", 1, "'minimum'"),
        (
            "autoscaling-keda",
            "ScaledObject",
            "spec.maxReplicas",
            1,
            "'maxReplicas'",
        ),
        ("monitoring", "PodMonitor", "spec.podMetricsEndpoints", {}, "array"),
        ("tls-cert-manager", "Certificate", "spec.dnsName", "a", "'dnsName'"),
        ("defaults", "Deployment", "metadata.label", {}, "'label'"),
        ("tls-cert-manager", "Certificate", "metadata.label", {}, "'label'"),
        ("defaults", "Deployment", "kind", "Deploy", "could not find schema"),
    ],
)
def test_a_slip_would_be_found(
    rendered: Rendered,
    validate: Validate,
    tmp_path: Path,
    name: str,
    kind: str,
    path: str,
    value: object,
    complaint: str,
) -> None:
    """Of the checks above: they do look."""
    (broken,) = [each for each in rendered(name) if each["kind"] == kind]
    *parents, last = path.split(".")
    place = broken
    for each in parents:
        place = place[each]
    place[last] = value
    file = tmp_path / "broken.yaml"
    file.write_text(yaml.safe_dump(broken))
    done = validate(file)
    assert done.returncode != 0
    assert complaint in done.stdout, output_of(done)
