"""What `write_model` leaves in a folder."""

from pathlib import Path

import pytest
import torch
from google.protobuf import text_format
from sconce.export import ExportError
from torch import Tensor, nn
from tritonclient.grpc import model_config_pb2

from models.zoo import ModelConfig, TensorSpec, ZooModel
from models.zoo.config import render
from models.zoo.repository import Layout, write_model
from sconce_support.eager import zoo_model


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x if bool(x.sum() > 0) else -x


def files_in(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_versioned_layout(tmp_path: Path) -> None:
    archive = write_model(zoo_model("simple"), tmp_path, version=3)
    assert archive == tmp_path / "simple" / "3" / "model.pt"
    # Nothing half-written is left beside the files.
    assert files_in(tmp_path) == {"simple/3/model.pt", "simple/config.pbtxt"}


def test_bare_layout(tmp_path: Path) -> None:
    archive = write_model(zoo_model("mlp_traced"), tmp_path, Layout.BARE)
    assert list(tmp_path.iterdir()) == [archive]
    assert archive.name == "mlp_traced.pt"


def test_a_model_with_a_suffix_of_its_own_is_bare(tmp_path: Path) -> None:
    archive = write_model(zoo_model("goal_prediction"), tmp_path)
    assert list(tmp_path.iterdir()) == [archive]
    assert archive.name == "goal_prediction.bin"


def test_bare_layout_has_no_place_for_a_config(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'simple' needs the versioned"):
        write_model(zoo_model("simple"), tmp_path, Layout.BARE)
    assert not list(tmp_path.iterdir())


def test_a_refused_export_leaves_no_file(tmp_path: Path) -> None:
    model = ZooModel("branching", Branching(), {"x": torch.ones(2)}, "trace")
    with pytest.raises(ExportError):
        write_model(model, tmp_path)
    assert not files_in(tmp_path)


def test_config_is_in_tritons_format() -> None:
    text = render(
        "some_model",
        ModelConfig(
            max_batch_size=8,
            inputs=(TensorSpec("x", "TYPE_FP32", (3, -1)),),
            outputs=(TensorSpec("y", "TYPE_INT64", ()),),
        ),
    )
    config = text_format.Parse(text, model_config_pb2.ModelConfig())
    assert config.name == "some_model"
    assert config.platform == "pytorch_libtorch"
    assert config.max_batch_size == 8
    assert [(t.name, list(t.dims)) for t in config.input] == [("x", [3, -1])]
    assert config.output[0].data_type == model_config_pb2.TYPE_INT64
