"""A server that finds fake devices (tests/support/fake_device) as if CUDA's.

The module with a server's devices lies beside its binary, which is looked for
under its real name: a folder with both is made, by hard links or copies.
"""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sconce_support.fixtures import link_or_copy
from sconce_support.server_process import ServerProcess

_MODULE = "libsconce_cuda.so"


def _fake_module(binary: Path) -> Path:
    """That of the same build: build/bin/sconce-server has
    build/tests/fake_device/libsconce_cuda.so."""
    path = binary.parents[1] / "tests/fake_device" / _MODULE
    assert path.is_file(), f"no fake device at {path}; run `make build` first"
    return path


@pytest.fixture(scope="session")
def device_binary(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A server with fake devices beside it; DeviceServer says which."""
    return put_beside(binary, tmp_path_factory.mktemp("devices"))


# As ServerProcess, less `binary`: makes a server of these repositories and flags.
MakeServer = Callable[..., ServerProcess]


@pytest.fixture(scope="session", params=["cpu", "devices"])
def make_server(
    binary: Path, device_binary: Path, request: pytest.FixtureRequest
) -> MakeServer:
    """For tests that are to pass wherever a model runs: they run twice."""
    if request.param == "cpu":
        return partial(ServerProcess, binary=binary)
    return partial(DeviceServer, binary=device_binary, fake="count=2")


@pytest.fixture(scope="session")
def bare_binary(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server with no module beside it, as in the image without CUDA."""
    folder = tmp_path_factory.mktemp("bare")
    link_or_copy(str(binary), str(folder / "sconce-server"))
    return folder / "sconce-server"


def put_beside(binary: Path, folder: Path) -> Path:
    """The server and its fake module in `folder`; the server's path there."""
    link_or_copy(str(binary), str(folder / "sconce-server"))
    # Copied: who overwrites it there must not change the build.
    shutil.copy2(_fake_module(binary), folder / _MODULE)
    return folder / "sconce-server"


class DeviceServer(ServerProcess):
    """A ServerProcess on fake devices.

    `fake` says how many there are and what befalls them, in the words of
    tests/support/fake_device/fake_backend.h. `binary` is `device_binary`.
    """

    def __init__(
        self,
        repositories: Sequence[Path],
        *flags: str,
        binary: Path,
        fake: str = "",
        **options: Any,
    ) -> None:
        environment = {"SCONCE_FAKE_DEVICE": fake}
        super().__init__(
            repositories,
            *flags,
            binary=binary,
            environment=environment,
            **options,
        )
