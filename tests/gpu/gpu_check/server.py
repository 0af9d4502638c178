"""Server: one sconce-server on free ports, ended by its process."""

import http.client
import json
import os
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from gpu_check import names, processes
from gpu_check.context import Check
from gpu_check.metrics_page import MetricsPage

_LOOK_EVERY = 0.05
_STOP_SECONDS = 10.0
_WRAPPED_STOP_SECONDS = 20.0
_ABOUT_TO_END_SECONDS = 1.0
_KEPT_LINES = 300
_PAGE_SECONDS = 10.0
_NO_ANSWER = (OSError, http.client.HTTPException)
# Proxies of the environment are not for this machine.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """Started on entry and ready for its models, stopped on exit."""

    def __init__(
        self, check: Check, repository: Path, models: Sequence[str],
        *flags: str, environment: Mapping[str, str] | None = None,
        wrapper: Sequence[str] = (), device: str = "",
        may_fail: bool = False,
    ) -> None:
        """`wrapper`: a command that runs the one after it, and ends with it.
        `device`: another than the check's. `may_fail`: that a model cannot be
        served is no reason not to serve the others."""
        self._check = check
        self._program = check.server
        self._wrapped = bool(wrapper)
        self._environment = {**check.environment(), **(environment or {})}
        self._command = [
            *wrapper, str(check.server), "--model-repository", str(repository),
            "--grpc-port", "0", "--http-port", "0",
            "--management-address", "127.0.0.1:0", "--log-format", "json",
            *_device_flags(check, device), *flags]
        self._models = models
        if models:
            self._command += ["--model-control-mode", "explicit"]
            for name in models:
                self._command += ["--load-model", name]
        self._may_fail = may_fail
        self.failed: dict[str, str] = {}  # why, by models' names
        self._lines: list[str] = []
        self._listening = threading.Event()
        self._addresses: dict[str, Any] = {}

    def __enter__(self) -> Self:
        left = self._check.left("starting a server")
        self.process = subprocess.Popen(
            self._command, env=self._environment, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._pid = self.process.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._listening.wait(left)
            if not self._addresses:
                raise RuntimeError("the server does not listen")
            self._server_pid()
            self.grpc: str = self._addresses["grpc"]
            self.management: str = self._addresses["management"]
            self._wait_ready()
        except BaseException as error:
            error.add_note(self.log_tail())
            self._kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            error.add_note(self.log_tail())
        self.stop()

    def stop(self) -> None:
        """Asks it to end, and makes it. Once it has ended, does nothing."""
        if self.process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self.process.wait(_WRAPPED_STOP_SECONDS if self._wrapped
                                  else _STOP_SECONDS)
            except subprocess.TimeoutExpired:
                pass
        self._kill()

    def page(self) -> MetricsPage:
        return MetricsPage(self._get("/metrics"))

    def is_ready(self) -> bool:
        """Also False when nobody answers."""
        try:
            return bool(self._get("/readyz"))
        except _NO_ANSWER:
            return False

    def has_ended(self) -> bool:
        """Also when it is just about to: its clients know before we do."""
        try:
            self.process.wait(_ABOUT_TO_END_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def wait_until(self, what: str, condition: Any) -> None:
        """Until `condition()`; OutOfTime, or RuntimeError when the process
        ended."""
        while not condition():
            self._check.left(what)
            if self.process.poll() is not None:
                raise RuntimeError(
                    f"the server ended with {self.process.returncode}: {what}")
            time.sleep(_LOOK_EVERY)

    @property
    def metrics_url(self) -> str:
        return f"http://{self._addresses['http']}/metrics"

    def log_tail(self) -> str:
        kept = [line for line in self._lines if '"level":"info"' not in line]
        return "\n".join(kept[-12:] or self._lines[-12:])

    def _wait_ready(self) -> None:
        """A model that cannot be served is named, not waited for."""
        self.wait_until("waiting for a server's models", self._is_settled)

    def _is_settled(self) -> bool:
        if self.is_ready():
            return True
        try:
            models = json.loads(self._get("/models"))["models"]
        except _NO_ANSWER:
            return False  # busy, or gone: wait_until() sees that
        self.failed = {each["name"]: each["reason"] for each in models
                       if each["state"] == "UNAVAILABLE"}
        if self.failed and not self._may_fail:
            raise RuntimeError("; ".join(
                f"{name}: {why}" for name, why in self.failed.items()))
        served = [each for each in models if each["state"] == "READY"]
        return bool(self.failed) and (
            len(self.failed) + len(served) >= len(self._models))

    def _get(self, path: str) -> str:
        url = f"http://{self._addresses['http']}{path}"
        with _OPENER.open(url, timeout=_PAGE_SECONDS) as answer:
            return answer.read().decode()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._lines.append(line.rstrip("\n"))
            if '"listening"' in line:
                self._addresses = json.loads(line)
                self._listening.set()
        self._listening.set()

    def _signal(self, number: int) -> None:
        """To the server, not to what wraps it."""
        try:
            os.kill(self._server_pid(), number)
        except ProcessLookupError:
            pass  # has ended just now

    def _server_pid(self) -> int:
        if self._wrapped and not processes.runs(self._pid, self._program):
            # Its children run the same program; parents come first.
            self._pid = next(
                (pid for pid in processes.descendants(self.process.pid)
                 if processes.runs(pid, self._program)), self.process.pid)
        return self._pid

    def _kill(self) -> None:
        # One whose wrapper is gone, too.
        if self._wrapped and processes.runs(self._server_pid(),
                                            self._program):
            self._signal(signal.SIGKILL)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        # Longer only if a process that is not ours holds the log open.
        self._reader.join(_STOP_SECONDS)
        self._check.tell("\n".join(
            [f"--- {' '.join(self._command)}", *self._lines[-_KEPT_LINES:],
             f"--- ended with {self.process.returncode}", ""]))


def _device_flags(check: Check, device: str) -> list[str]:
    if check.has_flag(names.DEVICE_FLAG):
        return [names.DEVICE_FLAG, device or check.served_on]
    return []
