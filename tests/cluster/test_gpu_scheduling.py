"""Pods with a GPU or a slice of one are placed where there is a free one.

No device is there: a node is said to have it, as a device plugin would say,
and the CPU's image runs. What the server does with a GPU is tested elsewhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab.api import Object
from lab.cluster import Cluster
from release import Release
from sconce_support.factor_models import add_version
from space import Space, condition, name_of

RESOURCES = ("nvidia.com/gpu", "nvidia.com/mig-1g.10gb")
NODE = "node2"


@contextmanager
def one_device(cluster: Cluster, resource: str) -> Iterator[None]:
    path = f"/api/v1/nodes/{NODE}/status"
    cluster.api.patch(path, {"status": {"capacity": {resource: "1"}}})
    try:
        yield
    finally:
        cluster.api.patch(path, {"status": {
            "capacity": {resource: None}, "allocatable": {resource: None},
        }})


def values(resource: str, **more: object) -> dict[str, object]:
    return {"gpu": {"count": 1, "resource": resource}, "replicas": 1, **more}


def pending(release: Release) -> tuple[Object, str] | None:
    """A pod for which there is no place, and the scheduler's reason."""
    for pod in release.staying():
        for each in pod["status"].get("conditions") or []:
            if each["type"] == "PodScheduled" and each["status"] == "False":
                return pod, each["message"]
    return None


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_second_pod_waits_for_a_device(
    space: Space, release: Release, resource: str
) -> None:
    add_version(space.models, "times", 1)
    with one_device(space.cluster, resource):
        release.install(values(resource))
        first = release.wait_ready(1)[0]
        assert first["spec"]["nodeName"] == NODE
        release.patch({"spec": {"replicas": 2}})
        pod, why = space.wait(lambda: pending(release), "a pending pod")
        assert f"Insufficient {resource}" in why
        assert condition(pod, "PodScheduled") == "False"
        # It gets the device that comes free.
        space.delete_pod(name_of(first), force=True)
        release.patch({"spec": {"replicas": 1}})
        release.wait_ready(1)


def test_without_a_spare_device_a_rollout_needs_no_surge(
    space: Space, release: Release
) -> None:
    add_version(space.models, "times", 1)
    resource = RESOURCES[0]
    with one_device(space.cluster, resource):
        release.install(values(resource))
        old = name_of(release.wait_ready(1)[0])
        release.restart()
        _, why = space.wait(lambda: pending(release), "a pending pod")
        assert f"Insufficient {resource}" in why

        in_place = {"maxSurge": 0, "maxUnavailable": 1}
        release.install(values(resource, strategy=in_place))
        assert name_of(release.wait_ready(1)[0]) != old
