"""Fixtures: the bundle of what is built, and where it was unpacked."""

import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import bundle

_SERVER = bundle.ROOT / "build/bin/sconce-server"

_FAKE_SANITIZER = """#!/usr/bin/env bash
echo "$PYTORCH_NO_CUDA_MEMORY_CACHING: $*" >> {calls}
while [[ $1 == --* ]]; do
  [[ $1 == --log-file ]] && log=$2
  shift 2
done
{run}
echo '{found}' > "$log"
"""


@pytest.fixture
def fake_sanitizer(tmp_path: Path) -> Callable[..., Path]:
    """A program in compute-sanitizer's place, which runs what it is to watch
    in a process of its own, says that it found `found`, and ends with 0
    whatever happened, as the real one does. calls.txt beside it has its
    calls."""

    def write(found: str = "========= ERROR SUMMARY: 0 errors",
              run: str = '"$@" & wait $!') -> Path:
        made = tmp_path / "compute-sanitizer"
        made.write_text(_FAKE_SANITIZER.format(
            calls=tmp_path / "calls.txt", found=found, run=run))
        made.chmod(0o755)
        return made

    return write


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
