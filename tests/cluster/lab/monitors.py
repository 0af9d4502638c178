"""Does for the lab's Prometheus what the Prometheus operator does.

Whom PodMonitors and ServiceMonitors select is told to Prometheus as targets,
and the rules of PrometheusRules are written where it reads them. Labels are
those that the operator gives; relabelings are left out, with a warning.

    python -m lab.monitors SOCKET RULES PORT PROMETHEUS_PORT
"""

import http.client
import http.server
import json
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from lab.api import Api, ApiError, Object

_GROUP = "/apis/monitoring.coreos.com/v1"
_PAUSE_SECONDS = 1.0


def labels_match(selector: Object, labels: dict[str, str]) -> bool:
    if "matchExpressions" in selector:
        raise ValueError("matchExpressions are not for the lab")
    wanted: dict[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def namespaces_of(monitor: Object) -> list[str] | None:
    """None is all of them."""
    chosen = monitor["spec"].get("namespaceSelector", {})
    if chosen.get("any"):
        return None
    return chosen.get("matchNames") or [monitor["metadata"]["namespace"]]


class Targets:
    """All targets of the monitors that there are."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def all(self) -> list[Object]:
        pods = self._api.items("/api/v1/pods")
        services = self._api.items("/api/v1/services")
        found: list[Object] = []
        for monitor in self._monitors("podmonitors"):
            for endpoint in monitor["spec"]["podMetricsEndpoints"]:
                for pod in _selected(monitor, pods):
                    found += _target(monitor, endpoint, pod, {})
        for monitor in self._monitors("servicemonitors"):
            for endpoint in monitor["spec"]["endpoints"]:
                for service in _selected(monitor, services):
                    found += _behind(monitor, endpoint, service, pods)
        return found

    def _monitors(self, kind: str) -> list[Object]:
        try:
            return self._api.items(f"{_GROUP}/{kind}")
        except ApiError:  # the definitions are not there yet
            return []


def _selected(monitor: Object, things: list[Object]) -> Iterator[Object]:
    places = namespaces_of(monitor)
    selector = monitor["spec"]["selector"]
    for thing in things:
        meta = thing["metadata"]
        if (places is None or meta["namespace"] in places) and labels_match(
            selector, meta.get("labels", {})
        ):
            yield thing


def _behind(
    monitor: Object, endpoint: Object, service: Object, pods: list[Object]
) -> list[Object]:
    """A service's port has a name of its own; it leads to one of the pods'."""
    ports = {port.get("name"): port for port in service["spec"]["ports"]}
    port = ports.get(endpoint["port"])
    if port is None:
        return []
    leads_to = {**endpoint, "port": port["targetPort"]}
    selector = {"matchLabels": service["spec"].get("selector", {})}
    more = {"service": service["metadata"]["name"]}
    return [
        target
        for pod in pods
        if pod["metadata"]["namespace"] == service["metadata"]["namespace"]
        and labels_match(selector, pod["metadata"].get("labels", {}))
        for target in _target(monitor, leads_to, pod, more)
    ]


def _target(
    monitor: Object, endpoint: Object, pod: Object, more: dict[str, str]
) -> list[Object]:
    address = pod["status"].get("podIP")
    if not address or pod["status"]["phase"] != "Running":
        return []
    meta, name = monitor["metadata"], endpoint["port"]
    return [
        {
            "targets": [f"{address}:{port['containerPort']}"],
            "labels": {
                "__metrics_path__": endpoint.get("path", "/metrics"),
                "namespace": pod["metadata"]["namespace"],
                "pod": pod["metadata"]["name"],
                "container": container["name"],
                "endpoint": str(name),
                "job": more.get("service")
                or f"{meta['namespace']}/{meta['name']}",
                **more,
            },
        }
        for container in pod["spec"]["containers"]
        for port in container.get("ports", [])
        if name in (port.get("name"), port["containerPort"])
    ]


class Rules:
    """Keeps the folder of rule files like the PrometheusRules."""

    def __init__(self, api: Api, folder: Path, prometheus: int) -> None:
        self._api = api
        self._folder = folder
        self._prometheus = prometheus
        self._written: dict[str, Any] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def update(self) -> None:
        wanted = {
            "{namespace}-{name}.yaml".format(**rule["metadata"]): rule["spec"]
            for rule in self._api.items(f"{_GROUP}/prometheusrules")
        }
        if wanted == self._written:
            return
        for name in self._written.keys() - wanted:
            (self._folder / name).unlink()
        for name, spec in wanted.items():
            (self._folder / name).write_text(yaml.safe_dump(spec))
        self._reload()
        self._written = wanted

    def _reload(self) -> None:
        place = http.client.HTTPConnection("127.0.0.1", self._prometheus)
        place.request("POST", "/-/reload")
        answer = place.getresponse()
        print("reload:", answer.status, answer.read().decode(), flush=True)
        place.close()

    def run(self) -> None:
        while True:
            try:
                self.update()
            except (OSError, ApiError, http.client.HTTPException) as error:
                print("rules:", error, flush=True)
            time.sleep(_PAUSE_SECONDS)


class _Page(http.server.BaseHTTPRequestHandler):
    targets: Targets

    def do_GET(self) -> None:
        try:
            status, body = 200, json.dumps(self.targets.all()).encode()
        except Exception as error:
            # Prometheus goes on with the targets that it has.
            print("targets:", repr(error), flush=True)
            status, body = 500, b""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Not every look."""


def main(path: str, rules: str, port: str, prometheus: str) -> None:
    api = Api(Path(path))
    _Page.targets = Targets(api)
    keeper = Rules(api, Path(rules), int(prometheus))
    threading.Thread(target=keeper.run, daemon=True).start()
    place = ("127.0.0.1", int(port))
    http.server.ThreadingHTTPServer(place, _Page).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
