"""A container of the image, as `podman run` makes it."""

import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sconce_support.admin import get
from sconce_support.waiting import eventually

from storage import LOCKED, storage

IMAGE = "localhost/sconce:cpu"
_START_SECONDS = 60.0


class Container:
    """Serves a folder of models; started on entry, removed on exit.

    `options` are podman's, `flags` the server's. One thread at a time.
    """

    def __init__(
        self,
        models: Path | None,
        *flags: str,
        options: Sequence[str] = LOCKED,
        image: str = IMAGE,
        wait_until_ready: bool = True,
    ) -> None:
        self._command = ["podman", "run", "--detach", *options]
        if models is not None:
            self._command.append(f"--volume={models}:/models:ro")
        self._command += [image, *flags]
        self._wait_until_ready = wait_until_ready

    def __enter__(self) -> Self:
        self.id = storage(*self._command).stdout.strip()
        try:
            address = self.inspect()["NetworkSettings"]["IPAddress"]
            self.grpc_address = f"{address}:8001"
            self.http_address = f"{address}:8002"
            if self._wait_until_ready:
                self.wait_ready()
        except BaseException as error:
            self._remove(error)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._remove(error)

    def wait_ready(self) -> None:
        eventually(self._is_ready, "the container's readiness", _START_SECONDS)

    def wait_listening(self) -> None:
        """Until its pages can be asked for, whatever they say."""
        eventually(self._is_listening, "the container's pages", _START_SECONDS)

    def inspect(self) -> dict[str, Any]:
        return json.loads(storage("podman", "inspect", self.id).stdout)[0]

    def run(self, *command: str) -> str:
        """What a command in the container prints."""
        return storage("podman", "exec", self.id, *command).stdout

    def log(self) -> str:
        done = storage("podman", "logs", self.id)
        return done.stdout + done.stderr

    def stop(self, grace_seconds: int = 40) -> int:
        """SIGTERM, SIGKILL after the grace; the exit code."""
        storage("podman", "stop", f"--time={grace_seconds}", self.id)
        return self.exit_code()

    def exit_code(self) -> int:
        """Waits for the end."""
        return int(storage("podman", "wait", self.id).stdout)

    def _is_ready(self) -> bool:
        return self._is_listening() and self._page("/readyz") == 200

    def _is_listening(self) -> bool:
        state = self.inspect()["State"]["Status"]
        assert state == "running", f"the container is {state}"
        return self._page("/livez") == 200

    def _page(self, path: str) -> int:
        try:
            return get(self.http_address, path)[0]
        except OSError:
            return 0

    def _remove(self, error: BaseException | None) -> None:
        if error is not None:
            error.add_note(f"--- the container's log ---\n{self.log()[-4000:]}")
        storage("podman", "rm", "--force", "--time=0", self.id, check=False)


def once(*arguments: str, options: Sequence[str] = ()) -> str:
    """What a container prints that runs to its end; it runs the server where
    the options name no other entry point."""
    return storage(
        "podman", "run", "--rm", *LOCKED, "--network=none", *options, IMAGE,
        *arguments,
    ).stdout  # fmt: skip
