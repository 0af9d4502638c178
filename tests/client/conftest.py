"""Fixtures: a server with models of the zoo, clients for it, the command."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sconce import Client

from sconce_support.fixtures import binary, repository, serve_zoo, zoo
from sconce_support.server_process import ServerProcess

__all__ = ["binary", "repository", "zoo"]

SERVED = (
    "dataclass_output", "decision_gate", "detector", "dict_output",
    "efficientnet_lite0", "list_output", "mlp_scripted", "namedtuple_output",
    "nested_output", "silero_vad", "simple", "slow", "tuple_output",
    "two_traces",
)


@pytest.fixture(scope="session")
def server(
    zoo: Path, binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """For all tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("models")
    with serve_zoo(zoo, SERVED, folder, binary) as process:
        yield process


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Iterator[Client]:
    with Client(
        server.grpc_address, management=server.management_address
    ) as made:
        yield made


class Command:
    """Runs `sconce` in a process of its own, in the folder `cwd`."""

    def __init__(self, cwd: Path, server: ServerProcess | None = None) -> None:
        self.cwd, self.environment = cwd, {**os.environ, "COLUMNS": "120"}
        if server is not None:
            self.environment["SCONCE_ADDRESS"] = server.grpc_address
            self.environment["SCONCE_MANAGEMENT"] = server.management_address

    def __call__(
        self, *arguments: str | Path, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.line(*arguments),
            cwd=self.cwd,
            env=self.environment,
            capture_output=True,
            input=stdin,
            timeout=120,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(),
            done.stderr.decode(),
        )

    def line(self, *arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "sconce.cli", *map(str, arguments)]


@pytest.fixture
def sconce(tmp_path: Path, server: ServerProcess) -> Command:
    """The command, with the shared server's address in its environment."""
    return Command(tmp_path, server)
