"""Space: what one test has of the cluster, and what is in it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import seen
from lab.api import Api, Object
from lab.cluster import Cluster
from lab.machine import Machine
from sconce_support.waiting import eventually

T = TypeVar("T")

CLAIM = "models"
_PAUSE_SECONDS = 0.2
_SECURITY = {
    f"pod-security.kubernetes.io/{mode}": "restricted"
    for mode in ("enforce", "warn", "audit")
}


class Space:
    """A namespace of restricted pods, with a claim on a folder of models.

    Leaving it ends its pods at once and has the namespace removed; when the
    test failed, what was in it is part of the message.
    """

    def __init__(self, cluster: Cluster, name: str) -> None:
        self.cluster = cluster
        self.api: Api = cluster.api
        self.name = name
        self.models: Path = cluster.layout.of("models") / name

    @property
    def core(self) -> str:
        return f"/api/v1/namespaces/{self.name}"

    @property
    def apps(self) -> str:
        return f"/apis/apps/v1/namespaces/{self.name}"

    def create(self) -> None:
        shutil.rmtree(self.models, ignore_errors=True)  # of an earlier run
        self.models.mkdir(parents=True)
        meta = {"name": self.name, "labels": _SECURITY}
        self.api.create("/api/v1/namespaces", {"metadata": meta})
        self.api.create("/api/v1/persistentvolumes", self._volume())
        self.api.create(f"{self.core}/persistentvolumeclaims", self._claim())
        self.wait(self._claim_is_bound, "the claim on the models")

    def remove(self) -> None:
        """Without waiting for graceful ends: they have been tested."""
        now = {"gracePeriodSeconds": 0}
        for path in (f"{self.apps}/deployments", f"{self.core}/pods"):
            self.api.delete(path, now)
        for path in (f"/api/v1/namespaces/{self.name}",
                     f"/api/v1/persistentvolumes/{self.name}"):
            self.api.delete(path)
        self.wait(lambda: not self.pods(), "the pods to be gone", 60)

    def wait(
        self, probe: Callable[[], T | None], what: str, seconds: float = 60.0
    ) -> T:
        """`eventually`, whose failure tells what there was instead."""
        try:
            return eventually(probe, what, seconds, _PAUSE_SECONDS)
        except TimeoutError as error:
            error.add_note(self.describe())
            raise

    def describe(self) -> str:
        return seen.describe(self.api, self.name)

    def pods(self, **labels: str) -> list[Object]:
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        return self.api.items(f"{self.core}/pods", labelSelector=selector)

    def page(self, pod: str, path: str) -> str:
        """Of a pod's HTTP port, whether it is ready or not."""
        return self.api.text("GET", f"{self.core}/pods/{pod}:8002/proxy{path}")

    def log(self, pod: str, **query: str) -> str:
        question = "&".join(f"{key}={value}" for key, value in query.items())
        return self.api.text("GET", f"{self.core}/pods/{pod}/log?{question}")

    def evict(self, pod: str) -> None:
        """ApiError 429 where a budget forbids it."""
        meta = {"name": pod, "namespace": self.name}
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction",
                    "metadata": meta}
        self.api.create(f"{self.core}/pods/{pod}/eviction", eviction)

    def delete_pod(self, pod: str, *, force: bool = False) -> None:
        now = {"gracePeriodSeconds": 0} if force else None
        self.api.delete(f"{self.core}/pods/{pod}", now)

    def machine_of(self, pod: Object) -> Machine:
        """That of the node it runs on."""
        return next(node.machine for node in self.cluster.nodes
                    if node.place.name == pod["spec"]["nodeName"])

    def _volume(self) -> Object:
        """Restricted pods may not name a folder of the node themselves."""
        return {
            "metadata": {"name": self.name},
            "spec": {
                "capacity": {"storage": "1Gi"},
                "accessModes": ["ReadOnlyMany"],
                "storageClassName": "lab",
                "claimRef": {"namespace": self.name, "name": CLAIM},
                "hostPath": {"path": str(self.models)},
            },
        }

    def _claim(self) -> Object:
        return {
            "metadata": {"name": CLAIM},
            "spec": {
                "accessModes": ["ReadOnlyMany"],
                "storageClassName": "lab",
                "volumeName": self.name,
                "resources": {"requests": {"storage": "1Gi"}},
            },
        }

    def _claim_is_bound(self) -> bool:
        claim = self.api.get(f"{self.core}/persistentvolumeclaims/{CLAIM}")
        return bool(claim["status"].get("phase") == "Bound")


def is_ready(pod: Object) -> bool:
    return condition(pod, "Ready") == "True" and not is_ending(pod)


def is_ending(pod: Object) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def condition(thing: Object, kind: str) -> str | None:
    """"True", "False", "Unknown", or None where it is not told."""
    for each in thing["status"].get("conditions") or []:
        if each["type"] == kind:
            return str(each["status"])
    return None


def name_of(thing: Object) -> str:
    return str(thing["metadata"]["name"])


def container_of(pod: Object) -> str:
    """What containerd calls its only container."""
    (status,) = pod["status"]["containerStatuses"]
    return str(status["containerID"]).removeprefix("containerd://")


def restarts(pod: Object) -> int:
    statuses = pod["status"].get("containerStatuses") or []
    return sum(status["restartCount"] for status in statuses)
