"""A Go client with stubs generated from our .proto files.

The tests themselves are in go/; they are compiled once, and each of them runs
in a process of its own.
"""

import re
import shutil
from pathlib import Path

import pytest

from example_models import write_models
from sconce_support.server_process import ServerProcess
from sconce_support.tools import ROOT, installed, output_of, run

FOLDER = Path(__file__).with_name("go")
MODULE = "sconce.invalid/clients"
PROTOS = ("inference/grpc_service.proto", "inference/model_config.proto")
CASES = [
    name
    for file in sorted(FOLDER.glob("*_test.go"))
    for name in re.findall(r"(?m)^func (Test\w+)\(", file.read_text())
]
# grpc-go pings every 10 s at most, and by default no connection gets older.
LONG_LIVED = {"TestKeepalivePingsOfAnIdleClientAreAnswered"}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests, compiled with fresh stubs."""
    go, tools = installed("go"), installed("go-tools")
    folder = tmp_path_factory.mktemp("go") / "clients"
    shutil.copytree(FOLDER, folder)
    generate_stubs(folder, tools / "bin")
    compiled = folder / "clients.test"
    done = run(
        [go / "bin/go", "test", "-c", "-o", compiled, "."],
        folder=folder,
        seconds=300,
    )
    assert done.returncode == 0, output_of(done)
    return compiled


def generate_stubs(folder: Path, generators: Path) -> None:
    """Our .proto files name no Go package: that is for a user to say."""
    command: list[str | Path] = ["protoc", "-I", ROOT / "proto", *PROTOS]
    for kind in ("go", "go-grpc"):
        command.append(f"--plugin={generators}/protoc-gen-{kind}")
        command.append(f"--{kind}_out={folder}")
        command.append(f"--{kind}_opt=module={MODULE}")
        command += [f"--{kind}_opt=M{p}={MODULE}/inference" for p in PROTOS]
    done = run(command)
    assert done.returncode == 0, output_of(done)


@pytest.mark.parametrize("name", sorted(set(CASES) - LONG_LIVED))
def test_grpc_go(
    program: Path, server: ServerProcess, answers: Path, name: str
) -> None:
    run_test(program, server, answers, name)


@pytest.mark.parametrize("name", sorted(LONG_LIVED))
def test_a_long_lived_connection(
    program: Path, binary: Path, tmp_path: Path, answers: Path, name: str
) -> None:
    folder = write_models(tmp_path, "simple")
    flags = ("--max-connection-age", "1h", "--model-probe=false")
    with ServerProcess([folder], *flags, binary=binary) as server:
        run_test(program, server, answers, name)


def run_test(
    program: Path, server: ServerProcess, answers: Path, name: str
) -> None:
    done = run(
        [program, "-test.v", f"-test.run=^{name}$"],
        environment={
            "SCONCE_ADDRESS": server.grpc_address,
            "SCONCE_ANSWERS": str(answers),
        },
    )
    assert done.returncode == 0, output_of(done)
    assert f"--- PASS: {name}" in done.stdout, output_of(done)
