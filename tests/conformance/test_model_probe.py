"""Models that would end the server: each is tried out in a process of its own
and refused with the reason, beside one that is served."""

import os
import signal
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sconce.export import export
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

Change = Callable[[bytes], bytes]

PROVEN = "model proven in a process of its own"


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Endless(nn.Module):
    """Its __setstate__ runs while it is loaded, before loops are guarded."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        return x + self.count

    @torch.jit.export
    def __getstate__(self) -> tuple[int, bool]:
        return self.count, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]) -> None:
        self.count = state[0]
        self.training = state[1]
        while self.count >= 0:
            self.count = (self.count + 1) % 1000


class Refusing(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if bool((x > 0).any()):
            raise ValueError("a number is positive")
        return x


def save(module: nn.Module, path: Path) -> None:
    torch.jit.script(module.eval()).save(path)


def rewrite(path: Path, entry: str, change: Change) -> None:
    """Changes the records whose names end so."""
    with zipfile.ZipFile(path) as archive:
        records = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            if name.endswith(entry):
                content = change(content)
            archive.writestr(name, content)


def write_remainder(path: Path) -> None:
    """LibTorch folds the remainder while it loads the code."""
    save(Doubled(), path)
    rewrite(path, ".py", lambda code: code.replace(b"(x, 2)", b"(x, 7 % 0)"))


def write_chain(path: Path) -> None:
    """Functions that call one another, more than LibTorch's stack holds."""
    save(Doubled(), path)
    module = torch._jit_internal._qualified_name(Doubled).rpartition(".")[0]
    calls = [f"{module}.f{i}(x)\n" for i in range(20_000)] + ["x\n"]
    functions = "".join(
        f"def f{i}(x: Tensor) -> Tensor:\n  return {call}"
        for i, call in enumerate(calls[1:])
    )
    rewrite(
        path,
        ".py",
        lambda code: (
            code.replace(b"torch.mul(x, 2)\n", calls[0].encode())
            + functions.encode()
        ),
    )


def write_refusing(path: Path) -> None:
    """Its golden example is another than it was exported with."""
    minus, plus = np.float32([-1.5, 1.5])
    export(Refusing().eval(), (torch.tensor([[-1.5]]),), path)
    rewrite(
        path,
        "examples.safetensors",
        lambda content: content.replace(minus.tobytes(), plus.tobytes()),
    )


def index_of(process: ServerProcess) -> dict[str, tuple[str, str]]:
    with InferenceServerClient(process.grpc_address) as client:
        index = client.get_model_repository_index().models
        return {entry.name: (entry.state, entry.reason) for entry in index}


def tried(folder: Path, *flags: str) -> ServerProcess:
    return ServerProcess([folder], *flags, wait_until_ready=False)


def wait_until_tried(process: ServerProcess) -> dict[str, tuple[str, str]]:
    def settled() -> bool:
        states = {state for state, _ in index_of(process).values()}
        return bool(states) and states <= {"READY", "UNAVAILABLE"}

    eventually(settled, "all models to be tried", 60)
    return index_of(process)


def children_of(pid: int) -> dict[int, str]:
    """The processes that `pid` has started and their names, those that have
    ended too."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, fields = stat.read_text().rpartition(")")
        except OSError:
            continue  # it has ended
        if int(fields.split()[1]) == pid:
            number, _, command = name.partition(" (")
            found[int(number)] = command
    return found


def fork_server_of(process: ServerProcess) -> int:
    """The only process that the server has started."""
    ((number, name),) = children_of(process.pid).items()
    assert name == "sconce-fork"
    return number


def only_probe_of(process: ServerProcess) -> int:
    """The only process that tries a model out, when there is one."""

    def probes() -> list[int]:
        servers = children_of(process.pid)
        return [p for s in servers for p in children_of(s)]

    eventually(lambda: probes() != [], "a test process", 60)
    (number,) = probes()
    return number


def is_gone(pid: int) -> bool:
    return not os.path.exists(f"/proc/{pid}")


@pytest.fixture(scope="module")
def server(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """Models of every kind, and all flags as they are by default."""
    folder = tmp_path_factory.mktemp("probe")
    save(Doubled(), folder / "good.pt")
    write_remainder(folder / "remainder.pt")
    write_chain(folder / "chain.pt")
    write_refusing(folder / "refusing.pt")
    with tried(folder) as process:
        wait_until_tried(process)
        yield process


@pytest.mark.parametrize(
    ("model", "name", "remedy"),
    [
        ("remainder", "SIGFPE", "integer division or remainder by zero"),
        ("chain", "SIGSEGV", "try it in Python"),
    ],
)
def test_a_model_that_crashes_is_refused(
    server: ServerProcess, model: str, name: str, remedy: str
) -> None:
    state, reason = index_of(server)[model]
    assert state == "UNAVAILABLE"
    assert f"the model ended its test process with {name} (" in reason
    assert "while loading;" in reason
    assert remedy in reason
    assert "export it again" in reason


def test_the_good_model_is_served(server: ServerProcess) -> None:
    x = np.ones((1, 4), dtype=np.float32)
    with InferenceServerClient(server.grpc_address) as client:
        result = client.infer("good", infer_inputs({"x": x}))
    (answer,) = result_arrays(result).values()
    np.testing.assert_array_equal(answer, x * 2)


def test_no_test_process_is_left(server: ServerProcess) -> None:
    assert children_of(fork_server_of(server)) == {}


def test_the_fork_server_can_be_forked(server: ServerProcess) -> None:
    """It has one thread, and nothing that a client could hold open."""
    process = Path(f"/proc/{fork_server_of(server)}")
    assert len(list((process / "task").iterdir())) == 1
    files = [os.readlink(file) for file in (process / "fd").iterdir()]
    assert sum(file.startswith("socket:") for file in files) == 1
    assert len(files) == 4


def messages_until_loaded(process: ServerProcess) -> list[str]:
    """What was logged about the good model. The log comes after the answers
    that clients get."""
    process.log.wait_for(
        lambda event: event["message"] == "model loaded", "loaded model", 60
    )
    return [
        event["message"]
        for event in process.log.events()
        if event.get("model") == "good"
    ]


def test_a_proven_model_is_logged_once(server: ServerProcess) -> None:
    """What its process would log comes from the server, too."""
    messages = messages_until_loaded(server)
    assert messages.count(PROVEN) == 1
    assert messages.count("model optimized") == 1
    assert messages.index(PROVEN) < messages.index("model loaded")


def test_another_fault_is_told_as_without_the_probe(
    server: ServerProcess, tmp_path: Path
) -> None:
    write_refusing(tmp_path / "refusing.pt")
    with tried(tmp_path, "--model-probe=false") as process:
        without = wait_until_tried(process)["refusing"]
    assert index_of(server)["refusing"] == without
    assert "golden example" in without[1]
    assert "a number is positive" in without[1]


def test_a_model_that_takes_too_long_is_refused(
    binary: Path, tmp_path: Path
) -> None:
    save(Endless(), tmp_path / "endless.pt")
    with tried(
        tmp_path,
        "--model-probe=15s",
        "--allow-operator=__setstate__",
    ) as process:
        state, reason = wait_until_tried(process)["endless"]
        assert children_of(fork_server_of(process)) == {}
    assert state == "UNAVAILABLE"
    assert "--model-probe=15s," in reason
    assert "the last step was loading" in reason


def test_the_probe_can_be_left_out(binary: Path, tmp_path: Path) -> None:
    save(Doubled(), tmp_path / "good.pt")
    with ServerProcess([tmp_path], "--model-probe=false") as process:
        assert index_of(process)["good"] == ("READY", "")
        assert PROVEN not in messages_until_loaded(process)


def test_processes_end_with_the_server(binary: Path, tmp_path: Path) -> None:
    save(Endless(), tmp_path / "endless.pt")
    with tried(tmp_path, "--allow-operator=__setstate__") as process:
        probe = only_probe_of(process)
        fork_server = fork_server_of(process)
        process.kill()
    eventually(lambda: is_gone(probe), "the end of the test process")
    eventually(lambda: is_gone(fork_server), "the end of the fork server")


def test_a_fork_server_that_dies_is_started_again(
    binary: Path, tmp_path: Path
) -> None:
    save(Endless(), tmp_path / "endless.pt")
    with tried(
        tmp_path,
        "--model-probe=15s",
        "--allow-operator=__setstate__",
    ) as process:
        first = only_probe_of(process)
        os.kill(fork_server_of(process), signal.SIGKILL)
        eventually(lambda: is_gone(first), "the end of the test process")
        _, reason = wait_until_tried(process)["endless"]
    assert "--model-probe=15s," in reason


def test_the_command_is_for_the_server_only(binary: Path) -> None:
    done = subprocess.run(
        [binary, "fork-server"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "--help" in done.stderr
