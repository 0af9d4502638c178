"""The image with CUDA, as far as a machine without a GPU can tell."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from container import Container
from predictions import check_answers
from storage import build

IMAGE = "localhost/sconce:cuda"
DRIVER = "libcuda.so.1"  # comes from the machine


@pytest.fixture(scope="module")
def server(models: Path, secrets: dict[str, Path]) -> Iterator[Container]:
    if os.environ.get("SCONCE_TEST_CUDA_IMAGE") != "1":
        pytest.skip(
            "the image with CUDA takes 2 GB to fetch and 20 GB of disk;"
            " SCONCE_TEST_CUDA_IMAGE=1 builds and tries it"
        )
    build("cuda", secrets=secrets)
    with Container(models, image=IMAGE) as made:
        yield made


def test_serves_on_the_cpu_and_says_why(server: Container) -> None:
    check_answers(server.grpc_address)
    assert "CUDA is not used" in server.log()


def test_every_library_but_the_drivers_is_found(server: Container) -> None:
    told = server.run("bash", "-c", "ldd /opt/sconce/lib/* /opt/sconce/bin/*")
    missing = {
        line.split()[0] for line in told.splitlines() if "not found" in line
    }
    assert missing <= {DRIVER}


def test_has_the_module_beside_the_server(server: Container) -> None:
    names = set(server.run("ls", "/opt/sconce/bin").split())
    assert names == {"libsconce_cuda.so", "sconce-load", "sconce-server"}


def test_has_what_is_loaded_by_name(server: Container) -> None:
    names = set(server.run("ls", "/opt/sconce/lib").split())
    for name in ("libtorch_cuda.so", "libtorch_cuda_linalg.so",
                 "libcaffe2_nvrtc.so", "libcudnn_ops.so.9"):  # fmt: skip
        assert name in names
    assert any(name.startswith("libnvrtc-builtins.so.") for name in names)
