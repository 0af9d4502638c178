"""`sconce export` as a user runs it: what is printed, and the exit code.

One test runs the real command. The others call it in this process: importing
torch once for each would take minutes.
"""

import os
import subprocess
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from sconce.archive import read_metadata
from sconce.export.command import command
from tests.models.conftest import SOURCES, Sconce

Run = Callable[..., Result]

FACTORIES = '''
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 2)

    def forward(self, x):
        return torch.relu(self.linear(x))


class Gate(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            return x
        return -x


def make():
    return Net().eval()


def pair():
    return Net().eval(), {"x": torch.ones(2, 4)}


def gate():
    return Gate(), (torch.ones(2, 3),)


def scaled(x, n: int, flag: bool):
    if flag:
        return x * n
    return x


def function():
    return scaled


def needs(x):
    return x


def raises():
    raise OSError("no weights here")


def nothing():
    return None


ready = Net().eval()
'''


@pytest.fixture
def nets(tmp_path: Path) -> Path:
    (tmp_path / "nets.py").write_text(FACTORIES)
    return tmp_path


@pytest.fixture
def run(nets: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls `sconce export ARGUMENTS` in the folder of nets.py."""
    monkeypatch.chdir(nets)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("nets", "broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, arguments)

    return call


def test_a_model_is_written_and_described(sconce: Sconce, nets: Path) -> None:
    done = sconce(
        "export", "nets:make", "--inputs", "x=FP32[2,4]", "-o", "net.pt"
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "net.pt: " in done.stdout
    assert "forward(x: FP32[batch, 4]) -> output_0: FP32[batch, 2]" in (
        done.stdout
    )
    assert "equal to eager PyTorch in" in done.stdout
    assert "FP32: rtol 0.0001, atol 1e-05" in done.stdout
    metadata = read_metadata(nets / "net.pt")
    assert metadata is not None
    assert metadata.source["entry"] == "nets:make"
    loaded = torch.jit.load(str(nets / "net.pt"))
    assert loaded(torch.ones(3, 4)).shape == (3, 2)


@pytest.mark.parametrize("entry", ["nets:pair", "nets:ready"])
def test_a_pair_or_a_ready_model(
    entry: str, run: Run, nets: Path
) -> None:
    inputs = ["--inputs", "FP32[2,4]"] if entry == "nets:ready" else []
    done = run(entry, *inputs, "-o", "net.pt", "--verbose")
    assert done.exit_code == 0, done.stderr
    assert "different rows 1" in done.stdout


def test_the_report_as_json(run: Run, nets: Path) -> None:
    done = run("nets:make", "--inputs", "x=FP32[2,4]", "-o", "net.pt",
               "--also", "onnx", "--json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["path"] == "net.pt" and report["mismatches"] == []
    assert report["bytes"] == (nets / "net.pt").stat().st_size
    assert list(report["model"]["methods"]) == ["forward"]
    (written,) = report["onnx"]
    assert Path(written["path"]).is_file() and written["lines"]


def test_all_options(run: Run, nets: Path) -> None:
    (nets / "labels.txt").write_text("cat\ndog\n")
    done = run(
        *("nets:make", "-o", "a/b/net.pt"),
        *("--inputs", "x=FP32[2,4]", "--how", "script"),
        *("--dynamic", "x:0=rows>=1", "--batch", "rows"),
        *("--labels", "labels.txt", "--description", "a net"),
        *("--input-names", "pixels", "--output-names", "score"),
        *("--tolerance", "FP32=1e-3,1e-4"),
    )
    assert done.exit_code == 0, done.stderr
    metadata = read_metadata(nets / "a" / "b" / "net.pt")
    assert metadata is not None
    assert metadata.how == "script"
    assert metadata.description == "a net"
    assert metadata.labels == {"score": ("cat", "dog")}
    assert metadata.methods["forward"].inputs[0].name == "pixels"
    assert metadata.methods["forward"].inputs[0].shape == ("rows", 4)
    assert metadata.methods["forward"].batch == "rows"
    assert metadata.tolerances == {"FP32": {"rtol": 1e-3, "atol": 1e-4}}


def test_a_function_with_scalars(run: Run, nets: Path) -> None:
    done = run(
        *("nets:function", "-o", "f.pt"),
        *("--inputs", "x=FP32[2], n=3, flag=true"),
    )
    assert done.exit_code == 0, done.stderr
    assert "scripted" in done.stdout
    assert "not the trace: input 'n' is int 3" in done.stdout


def test_a_wrong_trace_is_exit_code_1(run: Run, nets: Path) -> None:
    done = run("nets:gate", "--how", "trace", "-o", "gate.pt")
    assert done.exit_code == 1
    assert done.stdout == ""
    first, *details = done.stderr.splitlines()
    assert first.startswith("Error: Gate: the trace is wrong in")
    lines = [line for line in details if "nets.py:" in line]
    assert any("x.sum() > 0" in line for line in lines)
    assert "Traceback" not in done.stderr
    assert not (nets / "gate.pt").exists()


def test_a_mismatch_may_be_allowed(run: Run, nets: Path) -> None:
    done = run(
        *("nets:gate", "--how", "trace", "-o", "gate.pt"),
        "--allow-mismatch",
    )
    assert done.exit_code == 0, done.stderr
    assert "variations differ" in done.stdout
    assert "allowed mismatch: forward, variation 'negated'" in done.stdout
    metadata = read_metadata(nets / "gate.pt")
    assert metadata is not None and metadata.mismatches


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["nets", "--inputs", "x=1"], 2, "expected package.module:factory"),
        (["absent:make"], 2, "no Python module 'absent'"),
        (["nets:mak"], 2, "nets has no 'mak'; did you mean 'make'?"),
        (["nets:needs"], 2, "cannot be called without arguments"),
        (["nets:nothing"], 2, "the factory returned NoneType"),
        (["nets:raises"], 1, "raised OSError at nets.py:"),
        (["nets:make"], 2, "returns no example inputs"),
        (["nets:make", "--inputs", "x=FP32[2"], 2, "cannot read 'x=FP32[2'"),
        (["nets:make", "--inputs", "y=FP32[2,4]"], 2, "the arguments y"),
        (["nets:make", "--inputs", "FP32[2,4] FP32[2]"], 2, "2 arguments"),
        (["nets:make", "--inputs", "FP32[99999999999999]"], 2, "too large"),
        (["nets:make", "--inputs", "FP32[2,5]"], 1, "eager PyTorch fails"),
        (["nets:pair", "--dynamic", "x=batch"], 2, "INPUT:DIMENSION=NAME"),
        (["nets:pair", "--tolerance", "FP32=x"], 2, "DTYPE=RTOL,ATOL"),
        (["nets:pair", "--labels", "none.txt"], 2, "cannot read none.txt"),
        (["nets:pair", "--how", "guess"], 2, "'guess' is not one of"),
    ],
)
def test_a_fault_is_one_line(
    arguments: list[str],
    code: int,
    expected: str,
    run: Run,
    nets: Path,
) -> None:
    done = run(*arguments, "-o", "net.pt")
    assert done.exit_code == code, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("Error: ") == 1
    assert not (nets / "net.pt").exists()


def test_an_import_that_fails_inside_the_module(
    run: Run, nets: Path
) -> None:
    (nets / "broken.py").write_text("import not_installed_here\n")
    done = run("broken:make", "-o", "net.pt")
    assert done.exit_code == 1
    assert "importing broken raised ModuleNotFoundError" in done.stderr
    assert "not_installed_here" in done.stderr


def test_help_does_not_wait_for_torch() -> None:
    code = (
        "import sys, sconce.export.command; "
        "sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    )
    folders = os.pathsep.join(map(str, SOURCES))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": folders},
        check=False,
    )
    assert done.returncode == 0


def test_a_fault_of_the_exporter_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr("sconce.export.running.export", fail)
    done = run("nets:pair", "-o", "net.pt")
    assert done.exit_code == 1
    expected = "the exporter itself failed, please report it: RuntimeError: "
    assert f"Error: {expected}first line (--verbose" in done.stderr
    done = run("nets:pair", "-o", "net.pt", "--verbose")
    assert isinstance(done.exception, RuntimeError)
