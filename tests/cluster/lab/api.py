"""The API of Kubernetes, as Python values, through the lab's socket."""

import http.client
import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

Object = dict[str, Any]

_SECONDS = 30.0
_MERGE = "application/merge-patch+json"


class ApiError(Exception):
    """The server said no; `reason` is its word for it, such as NotFound."""

    def __init__(self, method: str, path: str, status: int, text: str) -> None:
        super().__init__(f"{method} {path}: {status}: {text}")
        self.status = status
        self.text = text


class Api:
    """Without encryption or names: the socket is for root. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def text(
        self,
        method: str,
        path: str,
        body: Any = None,
        kind: str = "application/json",
    ) -> str:
        """The answer as it came; ApiError when it is no success."""
        connection = http.client.HTTPConnection("localhost", timeout=_SECONDS)
        connection.sock = socket.socket(socket.AF_UNIX)
        try:
            connection.sock.settimeout(_SECONDS)
            connection.sock.connect(str(self._path))
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": kind})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 300:
            raise ApiError(method, path, answer.status, text)
        return text

    def call(self, method: str, path: str, body: Any = None) -> Object:
        found: Object = json.loads(self.text(method, path, body))
        return found

    def get(self, path: str) -> Object:
        return self.call("GET", path)

    def find(self, path: str) -> Object | None:
        """None when there is no such thing."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **query: str) -> list[Object]:
        question = f"?{urlencode(query, quote_via=quote)}" if query else ""
        found: list[Object] = self.get(path + question)["items"]
        return found

    def create(self, path: str, thing: Object) -> Object:
        return self.call("POST", path, thing)

    def patch(self, path: str, change: Object) -> Object:
        """What `change` names becomes so; None removes."""
        found: Object = json.loads(self.text("PATCH", path, change, _MERGE))
        return found

    def delete(self, path: str, body: Any = None) -> Object:
        return self.call("DELETE", path, body)
