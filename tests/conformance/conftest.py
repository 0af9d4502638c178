"""Fixtures: the zoo on disk, one server for most of the tests, clients for it.

Tests that need a server of their own (flags, exact counts, signals) start a
`ServerProcess` on a small repository made by `repository`.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient, service_pb2_grpc

from models.zoo import PROTOCOL
from sconce_support.model_cache import MakeRepository, zoo_repository
from sconce_support.server_process import ServerProcess, default_binary


# What the shared server has. test_zoo.py serves all of the zoo.
SERVED = (*PROTOCOL, "resnet18", "efficientnet_lite0")


def link_or_copy(source: str, target: str) -> None:
    """A second name of the file; a copy where the folder is on another disk.

    A symbolic link would not do: it leads out of the repository.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture(scope="session")
def zoo() -> Path:
    """Every zoo model; not to be written to."""
    return zoo_repository()


@pytest.fixture(scope="session")
def binary() -> Path:
    path = default_binary()
    assert path.is_file(), f"no server at {path}; run `make build` first"
    return path


@pytest.fixture(scope="session")
def server(
    zoo: Path, binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """One server for all tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("models")
    for name in SERVED:
        shutil.copytree(zoo / name, folder / name, copy_function=link_or_copy)
    # test_zoo.py proves all of these models; here it would cost time only.
    with ServerProcess([folder], "--model-probe=false") as process:
        yield process


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture(scope="session")
def channel(server: ServerProcess) -> Iterator[grpc.Channel]:
    with grpc.insecure_channel(server.grpc_address) as made:
        yield made


@pytest.fixture(scope="session")
def stub(channel: grpc.Channel) -> service_pb2_grpc.GRPCInferenceServiceStub:
    return service_pb2_grpc.GRPCInferenceServiceStub(channel)


@pytest.fixture(scope="module")
def repository(
    zoo: Path, binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> MakeRepository:
    """Copies the named zoo models into a folder that a test may change."""

    def make(*names: str) -> Path:
        folder = tmp_path_factory.mktemp("repository")
        for name in names:
            shutil.copytree(zoo / name, folder / name)
        return folder

    return make
