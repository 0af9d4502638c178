"""One server with the example models, for all tests that leave it as it was."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient

from example_models import write_models
from known_answers import known_answers
from sconce_support.fixtures import binary
from sconce_support.server_process import ServerProcess

__all__ = ["binary"]


@pytest.fixture(scope="session")
def server(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """Named as the example programs of tritonclient expect it."""
    folder = write_models(tmp_path_factory.mktemp("models"))
    flags = ("--server-name", "triton", "--model-probe=false")
    with ServerProcess([folder], *flags, binary=binary) as process:
        yield process


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Requests with the answers of eager PyTorch, for programs that are not
    written in Python: a JSON file, see known_answers.py."""
    path = tmp_path_factory.mktemp("answers") / "answers.json"
    path.write_text(json.dumps(known_answers()))
    return path
