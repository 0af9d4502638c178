"""Fixtures: a server with models of the zoo, an echo, the load test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sconce_support.echo import Echo
from sconce_support.fixtures import binary, serve_zoo, zoo
from sconce_support.load import Load, default_program
from sconce_support.server_process import ServerProcess

__all__ = ["binary", "zoo"]

SERVED = ("detector", "mlp_scripted", "simple", "dict_output", "slow")


@pytest.fixture(scope="session")
def server(
    zoo: Path, binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """For all tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("models")
    with serve_zoo(zoo, SERVED, folder, binary) as process:
        yield process


@pytest.fixture(scope="session")
def load() -> Load:
    program = default_program()
    assert program.is_file(), f"no {program}; run `make build` first"
    return Load(program)


@pytest.fixture
def echo(load: Load) -> Iterator[Echo]:
    with Echo(load.program.parent) as made:
        yield made


@pytest.fixture(scope="session")
def at(server: ServerProcess) -> list[str]:
    """The flags that lead to the server and both its other ports."""
    return [
        server.grpc_address,
        "--management",
        server.management_address,
        "--metrics",
        f"http://{server.http_address}/metrics",
    ]
