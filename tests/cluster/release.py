"""Release: the chart, installed by Helm."""

import json
import subprocess
from pathlib import Path
from typing import Any

from lab.api import Object
from sconce_support.tools import output_of
from space import CLAIM, Space, is_ending, is_ready

Values = dict[str, Any]

CHART = Path(__file__).resolve().parents[2] / "deploy/helm/sconce"
_WAIT_SECONDS = 180.0

# What the lab's two nodes can hold several of. All else is the chart's.
SMALL: Values = {
    "image": {"repository": "localhost/sconce", "tag": "cpu",
              "pullPolicy": "Never"},
    "resources": {
        "requests": {"cpu": "50m", "memory": "128Mi"},
        "limits": {"memory": "1Gi"},
    },
    "models": {"source": "claim", "claim": {"name": CLAIM}},
}


class Release:
    """Called `sconce`, as are its objects, in a space of its own."""

    name = "sconce"

    def __init__(self, space: Space) -> None:
        self.space = space
        self._folder = space.cluster.layout.of("helm") / space.name
        self._folder.mkdir(parents=True, exist_ok=True)

    @property
    def headless(self) -> str:
        """For clients that balance themselves."""
        return f"dns:///{self._host('-headless')}:8001"

    @property
    def cluster_ip(self) -> str:
        """One address, behind which kube-proxy chooses a pod."""
        return f"{self._host('')}:8001"

    def install(self, *more: Values, wait: bool = True) -> None:
        """Installs or upgrades, with SMALL and `more`."""
        waiting = ["--wait", f"--timeout={_WAIT_SECONDS:.0f}s"] if wait else []
        done = self.helm("upgrade", "--install", self.name, CHART,
                         *self._value_flags(*more), *waiting)
        assert done.returncode == 0, self._failure(done)

    def helm(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        cluster = self.space.cluster
        command = [cluster.programs.helm, *arguments]
        environment = {
            "KUBECONFIG": str(cluster.layout.kubeconfig()),
            "HELM_CACHE_HOME": str(self._folder / "cache"),
            "HELM_CONFIG_HOME": str(self._folder / "config"),
            "HELM_DATA_HOME": str(self._folder / "data"),
            "HELM_NAMESPACE": self.space.name,
        }
        return cluster.control.try_run(
            command, seconds=_WAIT_SECONDS + 30, environment=environment
        )

    def succeed(self, *arguments: str | Path) -> str:
        done = self.helm(*arguments)
        assert done.returncode == 0, self._failure(done)
        return done.stdout

    def pods(self) -> list[Object]:
        """Those that serve, or will, or have just ended."""
        labels = {"app.kubernetes.io/component": "server",
                  "app.kubernetes.io/instance": self.name}
        return self.space.pods(**labels)

    def ready(self) -> list[Object]:
        return [pod for pod in self.pods() if is_ready(pod)]

    def staying(self) -> list[Object]:
        return [pod for pod in self.pods() if not is_ending(pod)]

    def wait_ready(self, count: int, seconds: float = 90.0) -> list[Object]:
        """Exactly so many pods, all of them ready, and none ending."""
        def settled() -> list[Object] | None:
            pods = self.pods()
            every = len(pods) == count and all(map(is_ready, pods))
            return pods if every else None

        return self.space.wait(settled, f"{count} ready pods alone", seconds)

    def deployment(self) -> Object:
        return self.space.api.get(f"{self.space.apps}/deployments/{self.name}")

    def patch(self, change: Object) -> None:
        path = f"{self.space.apps}/deployments/{self.name}"
        self.space.api.patch(path, change)

    def restart(self) -> None:
        """What `kubectl rollout restart` does."""
        mark = {"test/restarted": str(self.deployment()["metadata"]["generation"])}
        template = {"metadata": {"annotations": mark}}
        self.patch({"spec": {"template": template}})

    def _host(self, ending: str) -> str:
        return f"{self.name}{ending}.{self.space.name}.svc.cluster.local"

    def _value_flags(self, *more: Values) -> list[str]:
        flags = []
        for number, values in enumerate([SMALL, *more]):
            path = self._folder / f"values-{number}.json"
            path.write_text(json.dumps(values, indent=1))
            flags.append(f"--values={path}")
        return flags

    def _failure(self, done: subprocess.CompletedProcess[str]) -> str:
        return output_of(done) + "\n" + self.space.describe()
