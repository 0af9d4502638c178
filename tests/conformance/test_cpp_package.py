"""The README of the C++ client: install, find_package, build, run."""

import re
import subprocess
from pathlib import Path

import pytest
import torch
from torch import nn

from sconce_support.server_process import ServerProcess

_ROOT = Path(__file__).resolve().parents[2]
_BUILD = _ROOT / "build"
_README = _ROOT / "client/cpp/README.md"
_PUBLIC = _ROOT / "client/cpp/include"


def code(language: str) -> str:
    """The first block of this language in the README."""
    found = re.search(rf"```{language}\n(.*?)```", _README.read_text(), re.S)
    assert found is not None, f"no {language} in {_README}"
    return found[1]


def run(*command: str | Path) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (_BUILD / "client/cpp/libsconce_client.a").is_file():
        pytest.skip("the client library is not built; run `make build`")
    folder = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", _BUILD, "--component", "client",
        "--prefix", folder)
    return folder


@pytest.fixture(scope="module")
def example(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("example")
    (source / "main.cc").write_text(code("cpp"))
    (source / "CMakeLists.txt").write_text(code("cmake"))
    build = source / "build"
    run("cmake", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={installed}",
        "-DCMAKE_CXX_STANDARD=17", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror")
    run("cmake", "--build", build)
    return build / "example"


def test_the_example_is_short() -> None:
    assert code("cpp").count("\n") <= 40


def test_the_example_answers_like_pytorch(
    example: Path, binary: Path, tmp_path: Path
) -> None:
    net = nn.Sequential(nn.Linear(10, 5), nn.ReLU(), nn.Linear(5, 1)).eval()
    torch.jit.script(net).save(str(tmp_path / "net.pt"))
    with ServerProcess([tmp_path], "--model-probe=false") as server:
        printed = run(example, server.grpc_address)
    with torch.inference_mode():
        expected = net(torch.full((3, 10), 0.5)).flatten()
    said = torch.tensor([float(line) for line in printed.split()])
    torch.testing.assert_close(said, expected, rtol=1e-4, atol=1e-5)


def test_the_example_says_what_to_do_without_a_server(example: Path) -> None:
    done = subprocess.run(
        [example, "127.0.0.1:1"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "127.0.0.1:1" in done.stderr
    assert "check that the server runs there" in done.stderr


def test_all_public_headers_are_installed_and_free_of_grpc(
    installed: Path,
) -> None:
    headers = {path.relative_to(_PUBLIC) for path in _PUBLIC.rglob("*.h")}
    there = {
        path.relative_to(installed / "include")
        for path in (installed / "include").rglob("*")
        if path.is_file()
    }
    assert there == headers
    for header in headers:
        text = (_PUBLIC / header).read_text()
        assert not re.search(r"grpc::|grpcpp|google::|\.pb\.h", text), header


def test_the_client_alone_needs_no_libtorch(tmp_path: Path) -> None:
    said = run("cmake", "-S", _ROOT, "-B", tmp_path,
               "-DSCONCE_BUILD_SERVER=OFF", "-DSCONCE_TORCH_ROOT=/nowhere")
    assert "Generating done" in said
    assert (tmp_path / "client/cpp").is_dir()
    assert not (tmp_path / "server").exists()
