"""`also=["onnx"]` of `export`, and `--also onnx` as a user calls it."""

import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from sconce.export import ExportError, UsageError
from sconce.export.command import command
from tests.models.onnx_path import models
from tests.models.onnx_path.models import exported

FACTORIES = '''
import torch

class Bad(torch.nn.Module):
    def forward(self, input):
        return torch.special.bessel_j0(input)

def good():
    return torch.nn.Linear(3, 2).eval()

def bad():
    return Bad().eval()
'''


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "onnx_shop.py").write_text(FACTORIES)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "onnx_shop", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def call(factory: str, *options: str) -> Result:
    entry = f"onnx_shop:{factory}"
    return CliRunner().invoke(
        command, [entry, "--inputs", "input=FP32[2,3]", *options]
    )


def test_export_reports_the_onnx_file(tmp_path: Path) -> None:
    report = exported(
        models.Mlp(), (torch.randn(2, 10),), tmp_path, also=["onnx"], opset=17
    )
    (written,) = report.onnx
    assert (written.path, written.opset) == (tmp_path / "model.onnx", 17)


def test_without_also_there_is_no_onnx_file(tmp_path: Path) -> None:
    report = exported(models.Mlp(), (torch.randn(2, 10),), tmp_path)
    assert report.onnx == ()
    assert not (tmp_path / "model.onnx").exists()


def test_the_archive_stays_where_onnx_fails(tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        exported(
            models.Bessel(), (torch.rand(3, 4),), tmp_path, also=["onnx"]
        )
    assert "was written and stays" in caught.value.details[-1]
    assert (tmp_path / "model.pt").exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"also": "onnx"}, "also='onnx', expected a list"),
        ({"also": ["tflite"]}, "names among onnx"),
        ({"opset": 17}, "add also="),
        ({"also": ["onnx"], "opset": 99}, "opset 99: expected 13 to 20"),
    ],
)
def test_a_wrong_wish_is_refused_before_any_work(
    tmp_path: Path, options: dict[str, object], reason: str
) -> None:
    with pytest.raises(UsageError, match=reason):
        exported(models.Mlp(), (torch.randn(2, 10),), tmp_path, **options)
    assert list(tmp_path.iterdir()) == []


def test_the_command_tells_of_the_file(shop: Path) -> None:
    result = call("good", "-o", "m.pt", "--also", "onnx", "--opset", "17")
    assert result.exit_code == 0, result.output
    assert "m.onnx: ONNX opset 17, " in result.output
    assert "all equal" in result.output
    assert (shop / "m.onnx").exists()


def test_the_command_names_the_operator_and_fails(shop: Path) -> None:
    result = call("bad", "-o", "m.pt", "--also", "onnx")
    assert result.exit_code == 1
    assert "aten::special_bessel_j0 has no ONNX translation" in result.output
    assert "onnx_shop.py:6" in result.output


def test_an_opset_without_onnx_is_a_wrong_call(shop: Path) -> None:
    result = call("good", "-o", "m.pt", "--opset", "17")
    assert result.exit_code == 2
    assert "--also onnx" in result.output
    assert not (shop / "m.pt").exists()
