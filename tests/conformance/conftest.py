"""Fixtures: the zoo on disk, one server for most of the tests, clients for it.

Tests that need a server of their own (flags, exact counts, signals) start a
`ServerProcess` on a small repository made by `repository`.
"""

from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient, service_pb2_grpc

from models.zoo import PROTOCOL
from sconce_support.fake_devices import (
    bare_binary,
    device_binary,
    make_server,
)
from sconce_support.fixtures import binary, repository, serve_zoo, zoo
from sconce_support.server_process import ServerProcess


# What the shared server has. test_zoo.py serves all of the zoo.
SERVED = (*PROTOCOL, "resnet18", "efficientnet_lite0")

__all__ = [
    "bare_binary",
    "binary",
    "device_binary",
    "make_server",
    "repository",
    "zoo",
]


@pytest.fixture(scope="session")
def server(
    zoo: Path, binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """One server for all tests that leave it as they found it."""
    folder = tmp_path_factory.mktemp("models")
    with serve_zoo(zoo, SERVED, folder, binary) as process:
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
