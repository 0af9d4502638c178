"""Flags, ports and the log: what a person who starts the server sees."""

import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

FLAGS = (
    "--model-repository --model --max-batch-size --model-probe "
    "--strict-readiness --listen "
    "--grpc-port --http-port --management-address --tls --grpc-queues "
    "--max-message-size --max-connection-age --drain-timeout --lanes "
    "--max-queue-size --max-execution-time --optimize "
    "--server-name --log-format --log-level"
).split()
FREE_PORTS = (
    "--grpc-port 0 --http-port 0 --management-address 127.0.0.1:0"
).split()


def run(binary: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected to end by itself."""
    return subprocess.run(
        [binary, *flags], capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


def test_help_names_every_flag_in_groups(binary: Path) -> None:
    done = run(binary, "--help")
    assert done.returncode == 0
    for flag in FLAGS:
        assert flag in done.stdout
    # Group headings stand at the margin; the flags are indented below them.
    headings = [
        line for line in done.stdout.splitlines() if line and line[0] != " "
    ]
    assert len(headings) >= 4


@pytest.mark.parametrize(
    "flags",
    [
        ("--no-such-flag",),
        ("--model-repositry", "x"),
        ("--lanes", "many"),
        ("--lanes", "-1"),
        ("--grpc-port", "70000"),
        ("--max-message-size", "64 parsecs"),
        ("--drain-timeout", "soon"),
        ("--optimize", "sometimes"),
        ("--log-format", "xml"),
        ("--log-level", "loud"),
        ("--strict-readiness=perhaps",),
        ("--model-probe=perhaps",),
        ("--model-probe", "soon"),
        ("--lanes", "2x0"),
        ("--max-queue-size", ""),
        ("surplus",),
    ],
    ids=" ".join,
)
def test_wrong_flag(
    binary: Path, tmp_path: Path, flags: tuple[str, ...]
) -> None:
    done = run(binary, "--model-repository", str(tmp_path), *flags)
    assert done.returncode == 2, done.stderr
    # One line that names the flag and what is wrong with its value.
    assert done.stderr.count("\n") == 1
    assert flags[0].split("=")[0] in done.stderr
    for word in flags[-1].split("=")[-1].split()[-1:]:
        assert word in done.stderr


def test_no_repository_at_all(binary: Path) -> None:
    done = run(binary, *FREE_PORTS)
    assert done.returncode == 2
    assert "--model-repository" in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_environment_stands_for_flags(
    binary: Path, repository: MakeRepository
) -> None:
    folders = [str(repository("simple")), str(repository("identity"))]
    variables = {
        "SCONCE_MODEL_REPOSITORY": ":".join(folders),
        "SCONCE_LISTEN": "127.0.0.2",
    }
    with ServerProcess([], environment=variables) as process:
        assert process.grpc_address.startswith("127.0.0.2:")
        assert process.http_address.startswith("127.0.0.2:")
        with InferenceServerClient(process.grpc_address) as client:
            assert client.is_model_ready("simple")
            assert client.is_model_ready("identity")


def test_version(binary: Path) -> None:
    told = [run(binary, word) for word in ("version", "--version")]
    assert [done.returncode for done in told] == [0, 0]
    assert told[0].stdout == told[1].stdout
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", told[0].stdout)


def test_a_repository_that_is_a_file(binary: Path, tmp_path: Path) -> None:
    file = tmp_path / "net.pt"
    file.write_bytes(b"")
    done = run(binary, "--model-repository", str(file), *FREE_PORTS)
    assert done.returncode == 1
    assert str(file) in done.stderr
    assert "Not a directory" in done.stderr


def test_a_model_to_load_that_is_nowhere(
    binary: Path, repository: MakeRepository
) -> None:
    flags = ("--model-control-mode", "explicit", "--load-model", "smiple")
    done = run(
        binary,
        *FREE_PORTS,
        "--model-repository",
        str(repository("simple")),
        *flags,
    )
    assert done.returncode in (1, 2)
    assert "--load-model=smiple" in done.stderr
    assert "not found" in done.stderr


@pytest.mark.parametrize(
    "flag", ["--grpc-port", "--http-port", "--management-address"]
)
def test_a_port_taken_by_another_program(
    binary: Path, tmp_path: Path, taken_port: int, flag: str
) -> None:
    flags = ("--model-repository", str(tmp_path), *FREE_PORTS)
    address = "127.0.0.1:" if flag == "--management-address" else ""
    words = [*flags]
    words[words.index(flag) + 1] = f"{address}{taken_port}"
    done = run(binary, *words)
    assert done.returncode == 1, done.stderr
    assert str(taken_port) in done.stderr.splitlines()[-1]


def test_a_port_taken_by_another_sconce(
    binary: Path, server: ServerProcess, tmp_path: Path
) -> None:
    # gRPC shares ports between processes by default; then half of the
    # requests would go to the wrong server.
    port = server.grpc_address.rsplit(":", 1)[1]
    flags = ["--model-repository", str(tmp_path), *FREE_PORTS]
    flags[flags.index("--grpc-port") + 1] = port
    done = run(binary, *flags)
    assert done.returncode == 1, done.stderr
    assert port in done.stderr.splitlines()[-1]


def test_listens_on_loopback_by_default(server: ServerProcess) -> None:
    assert server.grpc_address.startswith("127.0.0.1:")
    assert server.http_address.startswith("127.0.0.1:")
    assert server.management_address.startswith("127.0.0.1:")


def test_every_line_of_the_json_log_is_an_event(
    repository: MakeRepository,
) -> None:
    with ServerProcess([repository("simple")]) as process:
        assert process.stop() == 0
        lines = process.log.text().splitlines()
        events = process.log.events()
    assert len(events) == len(lines)
    for event in events:
        assert event["level"] in ("debug", "info", "warning", "error")
        assert event["message"]
        assert event["time"]
