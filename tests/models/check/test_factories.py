"""The functions that `sconce check` proposes make the model."""

import pickle
import shlex
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.package import PackageExporter

from sconce.check import check_file
from tests.models.check.files import (
    Key,
    Net,
    exported_program,
    legacy_tar,
    net,
)
from tests.models.conftest import Sconce

X = torch.tensor([[1.0, 2, 3]])


@pytest.fixture(autouse=True)
def your_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module that a user would have."""
    module = types.ModuleType("your_code")
    module.YourModel = Net  # type: ignore[attr-defined]
    module.Net = Net  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "your_code", module)
    yield


def answer_of_the_proposed(path: Path) -> Tensor:
    """What the model made by the proposed function answers."""
    names: dict[str, object] = {}
    exec(check_file(path).factory, names)
    make = names["make"]
    assert callable(make)
    return make()(X)


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize(
    "value",
    [
        net().state_dict(),
        {"model": net().state_dict()},
        {"epoch": 1, 7: {"a'b": net().state_dict()}},
        net(),
        {"ema": net()},
        nn.DataParallel(net()).state_dict(),
        {"w": {f"_orig_mod.{k}": v for k, v in net().state_dict().items()}},
    ],
)
def test_torch_save(tmp_path: Path, value: object, new: bool) -> None:
    path = tmp_path / "it's.pth"
    torch.save(value, path, _use_new_zipfile_serialization=new)
    assert torch.equal(answer_of_the_proposed(path), net()(X))


def test_a_class_of_a_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "model.pth"
    monkeypatch.setattr(Net, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Net", Net, raising=False)
    torch.save(net(), path)
    monkeypatch.delattr(sys.modules["__main__"], "Net")
    assert torch.equal(answer_of_the_proposed(path), net()(X))


def test_a_plain_pickle(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(net()))
    assert torch.equal(answer_of_the_proposed(path), net()(X))


def test_safetensors(tmp_path: Path) -> None:
    path = tmp_path / "model"
    safetensors.torch.save_file(net().state_dict(), path)
    assert torch.equal(answer_of_the_proposed(path), net()(X))


@pytest.mark.filterwarnings("ignore:The given buffer is not writable")
def test_a_program_of_torch_export(tmp_path: Path) -> None:
    path = tmp_path / "model.pt2"
    exported_program(path)
    assert torch.equal(answer_of_the_proposed(path), net()(X))


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
def test_a_torch_package(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with PackageExporter(str(path)) as exporter:
        exporter.extern("**")
        exporter.save_pickle("net", "net.pkl", nn.Linear(3, 2))
    assert answer_of_the_proposed(path).shape == (1, 2)


def test_a_tar_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.pth"
    tensors = {"3": torch.ones(2, 3), "4": torch.zeros(2)}
    legacy_tar({"weight": Key("3"), "bias": Key("4")}, tensors)(path)
    monkeypatch.setattr(
        sys.modules["your_code"], "YourModel", lambda: nn.Linear(3, 2)
    )
    assert torch.equal(answer_of_the_proposed(path), torch.full((1, 2), 6.0))


def test_from_a_checkpoint_to_an_archive_by_what_check_says(
    sconce: Sconce, tmp_path: Path
) -> None:
    torch.save({"epoch": 1, "model": net().fc.state_dict()}, tmp_path / "c.pt")
    (tmp_path / "your_code.py").write_text(
        "from torch import nn\nYourModel = lambda: nn.Linear(3, 2)\n"
    )
    found = check_file(tmp_path / "c.pt")
    (tmp_path / "my_model.py").write_text(found.factory)
    command = found.command.replace("x=FP32[1,3,224,224]", "input=FP32[1,3]")
    tool, *arguments = shlex.split(command, comments=True)
    assert tool == "sconce"
    done = sconce(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sconce("check", "model.pt").returncode == 0
    archive = torch.jit.load(tmp_path / "model.pt")
    assert torch.allclose(archive(X), net().fc(X))
