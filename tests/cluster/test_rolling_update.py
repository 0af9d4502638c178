"""Pods that end as they should lose no request, whatever ends them.

One client balances itself over the headless Service, another one sticks to
what the Service's one address gave it. Neither ever sends a request again.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from archives import CONFIG_THAT_WAITS
from lab.api import Object
from release import Release
from sconce_support.factor_models import add_version
from space import Space, name_of
from traffic import Traffic

MODEL = ("--model=times", "--input=x=[[1,2,3,4]]", "--rate=50")


@pytest.fixture
def served(space: Space, release: Release) -> Release:
    add_version(space.models, "times", 1)
    (space.models / "times/config.pbtxt").write_text(CONFIG_THAT_WAITS)
    release.install({"replicas": 3})
    release.wait_ready(3)
    return release


@contextmanager
def no_request_fails(release: Release) -> Iterator[None]:
    """The body begins when every pod has answered requests."""
    cluster = release.space.cluster
    loads = [Traffic(cluster, address, *MODEL)
             for address in (release.headless, release.cluster_ip)]
    with ExitStack() as stack:
        for load in loads:
            stack.enter_context(load)
        for pod in release.ready():
            wait_answers(release, pod)
        yield
        for pod in release.ready():
            wait_answers(release, pod)
    for load, who in zip(loads, ("headless", "ClusterIP"), strict=True):
        print(f"{who}: {load.outcome}")
        assert load.outcome.failed == 0, load.outcome
        assert load.outcome.ok > 100, load.outcome


def wait_answers(release: Release, pod: Object) -> None:
    """Until this pod has answered more requests than it has now."""
    had = answers(release, pod)
    release.space.wait(
        lambda: answers(release, pod) > had, f"answers of {name_of(pod)}"
    )


def answers(release: Release, pod: Object) -> float:
    page = release.space.page(name_of(pod), "/metrics")
    return sum(
        float(line.rsplit(" ", 1)[1])
        for line in page.splitlines()
        if line.startswith("sconce_requests_total{") and 'code="OK"' in line
    )


def test_rolling_update(served: Release) -> None:
    old = {name_of(pod) for pod in served.pods()}
    with no_request_fails(served):
        served.restart()
        served.space.wait(
            lambda: old.isdisjoint(map(name_of, served.pods())),
            "the old pods to be gone", 180,
        )
        served.wait_ready(3)


def test_scale_down(served: Release) -> None:
    with no_request_fails(served):
        served.patch({"spec": {"replicas": 1}})
        served.wait_ready(1, seconds=120)


def test_drained_node(served: Release) -> None:
    nodes = {pod["spec"]["nodeName"] for pod in served.pods()}
    assert nodes == {"node1", "node2"}, "the pods are not spread"
    with no_request_fails(served), drained(served, "node2"):
        pods = served.wait_ready(3)
        assert {pod["spec"]["nodeName"] for pod in pods} == {"node1"}


@contextmanager
def drained(release: Release, node: str) -> Iterator[None]:
    """With `kubectl drain`, which respects budgets and waits for the ends."""
    kubectl = release.space.cluster.kubectl
    selector = f"--pod-selector=app.kubernetes.io/instance={release.name}"
    try:
        kubectl("drain", node, selector, "--delete-emptydir-data",
                "--timeout=180s", seconds=200)
        yield
    finally:
        kubectl("uncordon", node)
