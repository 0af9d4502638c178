"""An API server that has a Deployment, for Helm's `lookup`."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_APPS = "/apis/apps/v1"
_GROUP_VERSION = {"groupVersion": "apps/v1", "version": "v1"}
_GROUP = {
    "name": "apps",
    "versions": [_GROUP_VERSION],
    "preferredVersion": _GROUP_VERSION,
}
_RESOURCE = {
    "name": "deployments",
    "singularName": "deployment",
    "namespaced": True,
    "kind": "Deployment",
    "verbs": ["get"],
}
# What a client asks for before it gets to the object.
_DISCOVERY: dict[str, Any] = {
    "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/api/v1": {"kind": "APIResourceList", "resources": []},
    "/apis": {"kind": "APIGroupList", "groups": [_GROUP]},
    _APPS: {
        "kind": "APIResourceList",
        "groupVersion": "apps/v1",
        "resources": [_RESOURCE],
    },
}


@contextmanager
def cluster(namespace: str, name: str, replicas: int) -> Iterator[str]:
    """Its address."""
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": replicas},
    }
    path = f"{_APPS}/namespaces/{namespace}/deployments/{name}"
    pages = {**_DISCOVERY, path: deployment}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            body = json.dumps(page or {"kind": "Status", "code": 404}).encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing is to be written."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
