"""Fixtures: the bundle of what is built, and where it was unpacked."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

import bundle

_SERVER = bundle.ROOT / "build/bin/sconce-server"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made for dry runs where the CUDA module is not built."""
    assert _SERVER.is_file(), f"no {_SERVER}; run `make build` first"
    subprocess.run(
        [sys.executable, "-m", "models.zoo", "--out", "build/zoo"],
        cwd=bundle.ROOT, check=True, stdout=subprocess.DEVNULL)
    out = tmp_path_factory.mktemp("archive") / "gpu-bundle.tar.gz"
    assert bundle.make(bundle.ROOT / "build", out, without_cuda=True) == ""
    return out


@pytest.fixture(scope="session")
def unpacked(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    return folder / "gpu-bundle"


@pytest.fixture
def environment() -> dict[str, str]:
    """Without what would change where the check writes."""
    return {name: value for name, value in os.environ.items()
            if name != "OUT"}
