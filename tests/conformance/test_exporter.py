"""The thin exporter: what it writes, and what it refuses to write."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from google.protobuf import text_format
from torch import Tensor, nn
from tritonclient.grpc import model_config_pb2

from models.export import ExportError, Layout, export
from models.zoo import ZooModel
from sconce_support.eager import zoo_model

ROOT = Path(__file__).resolve().parents[2]


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if bool(x.sum() > 0) else -x


def test_versioned_layout(tmp_path: Path) -> None:
    archive = export(zoo_model("simple"), tmp_path, version=3)
    assert archive == tmp_path / "simple" / "3" / "model.pt"
    # Nothing half-written is left beside the files.
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert names == {"simple/3/model.pt", "simple/config.pbtxt"}


def test_bare_layout(tmp_path: Path) -> None:
    archive = export(zoo_model("mlp_traced"), tmp_path, Layout.BARE)
    assert list(tmp_path.iterdir()) == [archive]
    assert archive.name == "mlp_traced.pt"


def test_bare_layout_has_no_place_for_a_config(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'simple' needs the versioned"):
        export(zoo_model("simple"), tmp_path, Layout.BARE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["simple", "mlp_batched", "identity_batched", "refusing_batched"]
)
def test_config_is_in_tritons_format(zoo: Path, name: str) -> None:
    text = (zoo / name / "config.pbtxt").read_text()
    config = text_format.Parse(text, model_config_pb2.ModelConfig())
    assert config.name == name
    assert config.max_batch_size == zoo_model(name).config.max_batch_size
    assert [t.name for t in config.input] == list(zoo_model(name).inputs)


def test_a_trace_that_loses_a_branch_is_refused(tmp_path: Path) -> None:
    model = ZooModel("branching", Branching(), {"x": torch.ones(2)}, "trace")
    with pytest.raises(ExportError, match="to a Python boolean"):
        export(model, tmp_path)
    assert not list(tmp_path.iterdir())


def test_command_line(tmp_path: Path) -> None:
    done = run("--out", str(tmp_path), "simple", "mlp_traced")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert (tmp_path / "simple/1/model.pt").exists()
    assert (tmp_path / "mlp_traced/1/model.pt").exists()


def test_command_line_with_an_unknown_name(tmp_path: Path) -> None:
    done = run("--out", str(tmp_path), "nosuch")
    assert done.returncode == 2
    assert "no model 'nosuch'" in done.stderr


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "models.export", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
