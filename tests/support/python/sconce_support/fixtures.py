"""Fixtures of every suite that drives the real server: a conftest.py imports
those that its tests name."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from sconce_support.model_cache import MakeRepository, zoo_repository
from sconce_support.server_process import ServerProcess, default_binary


def link_or_copy(source: str, target: str) -> None:
    """A second name of the file; a copy where the folder is on another disk.

    A symbolic link would not do: it leads out of the repository.
    """
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def serve_zoo(
    zoo: Path, names: Iterable[str], folder: Path, binary: Path
) -> ServerProcess:
    """A server of these models, not yet started, for tests that leave it as
    they found it. test_zoo.py proves all of the models; here it would cost
    time only."""
    for name in names:
        shutil.copytree(zoo / name, folder / name, copy_function=link_or_copy)
    return ServerProcess([folder], "--model-probe=false", binary=binary)


@pytest.fixture(scope="session")
def zoo() -> Path:
    """Every zoo model; not to be written to."""
    return zoo_repository()


@pytest.fixture(scope="session")
def binary() -> Path:
    path = default_binary()
    assert path.is_file(), f"no server at {path}; run `make build` first"
    return path


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
