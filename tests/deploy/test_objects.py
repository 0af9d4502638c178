"""Names, namespaces and labels of every object."""

import json
import re
from collections.abc import Callable

import pytest

from helm import NAMESPACE, Helm, Manifest
from manifests import pods, selects, server_pod
from variants import VARIANTS

LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")


def selectors(manifests: list[Manifest]) -> list[tuple[str, dict[str, str]]]:
    """Of everything that picks pods."""
    found = []
    for each in manifests:
        spec = each.get("spec", {})
        for field in ("selector", "podSelector"):
            if field in spec:
                labels = spec[field].get("matchLabels", spec[field])
                found.append((each["kind"], labels))
    return found


def test_selectors_pick_the_servers_and_nothing_else(
    variant: list[Manifest],
) -> None:
    serving = server_pod(variant)
    others = [pod for pod in pods(variant) if pod != serving]
    assert len(selectors(variant)) >= 3
    for kind, labels in selectors(variant):
        if kind == "ServiceMonitor":
            continue  # which picks Services
        assert selects(labels, serving), kind
        assert not any(selects(labels, pod) for pod in others), kind


@pytest.mark.parametrize(
    "release", ["a", "x" * 53, "sconce", "my-sconce-" + "y" * 43]
)
def test_names_are_short_enough(helm: Helm, release: str) -> None:
    enabled = {"management": {"enabled": True}}
    for values in ({}, {"fullnameOverride": "z" * 63}):
        for each in helm.template({**enabled, **values}, release):
            name = each["metadata"]["name"]
            assert LABEL.fullmatch(name), name
            for value in each["metadata"]["labels"].values():
                assert len(value) <= 63


def test_two_releases_share_no_name(helm: Helm) -> None:
    names = [
        {
            (each["kind"], each["metadata"]["name"])
            for each in helm.template({}, release)
        }
        for release in ("one", "two")
    ]
    assert not names[0] & names[1]


@pytest.mark.parametrize("name", VARIANTS)
def test_the_namespace_is_the_releases(
    helm: Helm, rendered: Callable[[str], list[Manifest]], name: str
) -> None:
    there = helm.template(VARIANTS[name], "r", "elsewhere")
    here = rendered(name)
    moved = json.dumps(here).replace(NAMESPACE, "elsewhere")
    assert json.loads(moved) == there
    assert {each["metadata"]["namespace"] for each in here} == {NAMESPACE}
