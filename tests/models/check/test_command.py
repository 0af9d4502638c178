"""`sconce check` as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import torch

from tests.models.check import files
from tests.models.conftest import Sconce


def test_exit_codes(sconce: Sconce, tmp_path: Path) -> None:
    files.scripted(tmp_path / "good")
    torch.save(files.weights(), tmp_path / "bad")
    assert sconce("check", "good").returncode == 0
    assert sconce("check", "bad").returncode == 1
    assert sconce("check", "good", "bad").returncode == 1
    assert sconce("check", "good", "gone").returncode == 2
    assert sconce("check").returncode == 2
    assert sconce("check", "good", "--nosuch").returncode == 2


def test_a_missing_file_is_one_clear_line(sconce: Sconce) -> None:
    done = sconce("check", "gone.pt")
    assert done.stderr.splitlines()[-1] == (
        "Error: gone.pt: cannot be read: No such file or directory"
    )
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_what_it_says_of_a_model(sconce: Sconce, tmp_path: Path) -> None:
    files.scripted(tmp_path / "net.bin")
    done = sconce("check", "net.bin")
    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "net.bin: a TorchScript archive",
        "  Sconce can serve it",
    ]
    assert "  parameters: 10, 48 bytes, tensors: 3" in lines
    assert "    fc.weight  FP32[2,3]" in lines
    assert not done.stderr


def test_what_it_says_of_weights(sconce: Sconce, tmp_path: Path) -> None:
    torch.save({"net": files.weights(), "epoch": 1}, tmp_path / "c.pt")
    lines = sconce("check", "c.pt").stdout.splitlines()
    assert lines[1] == "  Sconce cannot serve it"
    assert "        weights = found['net']" in lines
    assert lines[-1].strip().startswith("sconce export my_model:make --inputs")


def test_long_lists_of_tensors_are_cut(sconce: Sconce, tmp_path: Path) -> None:
    torch.save({f"t{i}": torch.ones(1) for i in range(30)}, tmp_path / "w")
    short, long = sconce("check", "w"), sconce("check", "w", "--all")
    assert "and 10 more; --all shows them" in short.stdout
    assert "t29" not in short.stdout
    assert "t29" in long.stdout


def test_json(sconce: Sconce, tmp_path: Path) -> None:
    files.scripted(tmp_path / "a.pt")
    torch.save(files.weights(), tmp_path / "b.pt")
    done = sconce("check", "--json", "a.pt", "b.pt")
    assert done.returncode == 1
    first, second = json.loads(done.stdout)
    assert (first["file"], first["kind"]) == ("a.pt", "torchscript")
    assert first["servable"] is True
    assert first["tensors"][0].keys() == {"name", "dtype", "shape"}
    assert (second["kind"], second["servable"]) == ("state_dict", False)
    assert second["parameters"] == 10
    assert second["next"]["command"].startswith("sconce export ")


def test_a_pipe_is_not_waited_for(sconce: Sconce, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = sconce("check", "pipe")
    assert done.returncode == 1
    assert "a device or pipe, no file" in done.stdout


def test_no_heavy_package_is_imported(tmp_path: Path) -> None:
    files.scripted(tmp_path / "a")
    torch.save(files.net(), tmp_path / "b")
    code = (
        "import sys\nfrom sconce.check import check_file\n"
        "for name in 'ab': check_file(name)\n"
        "assert not {'torch', 'onnx', 'rich'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60
    )
