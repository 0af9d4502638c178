"""`sconce inspect` as a user calls it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn

from sconce.inspect.command import command
from tests.models.inspection import archives


def inspect(*arguments: str | Path) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


@pytest.fixture
def detector(tmp_path: Path) -> Path:
    return archives.scripted(archives.Detector(), tmp_path / "detector.pt")


def test_all_sections_are_shown(detector: Path) -> None:
    result = inspect(detector)
    assert result.exit_code == 0
    for text in (
        "first: Linear  20 parameters",
        "find(x: Tensor, box: Tuple[int, int]) -> Found(boxes: Tensor",
        "scale: float = 1.5",
        "aten::linear ×2",
        "second.weight shares first.weight",
        "no metadata",
    ):
        assert text in result.output


def test_json_has_the_same_facts(detector: Path) -> None:
    found = json.loads(inspect(detector, "--json").output)
    assert found["methods"][0]["operators"]["aten::linear"] == 2
    assert found["recorded"] is None
    assert {t["kind"] for t in found["tensors"]} == {"parameter", "buffer"}


def test_code_of_forward_is_the_default(detector: Path) -> None:
    output = inspect(detector, "--code").output
    assert output.startswith("def forward(self,")
    assert '"scores": ' in output


def test_code_of_another_method(detector: Path) -> None:
    output = inspect(detector, "--code=find").output
    assert output.startswith("def find(self,")


def test_code_of_a_submodule_by_its_path(detector: Path) -> None:
    for target in ("first", "first.forward"):
        output = inspect(detector, "--code", target).output
        assert "torch.linear(input, weight, bias)" in output


def test_graph_of_a_method(detector: Path) -> None:
    output = inspect(detector, "--graph=find").output
    assert output.startswith("graph(")
    assert "prim::Loop" in output
    assert "def find" not in output


def test_an_unknown_method_names_those_there_are(detector: Path) -> None:
    result = inspect(detector, "--code=first.backward")
    assert result.exit_code == 1
    assert "no method or module 'first.backward'" in result.output
    assert "module 'first' has methods: forward" in result.output


def test_code_before_the_file_is_explained(detector: Path) -> None:
    result = inspect("--code", detector)
    assert result.exit_code == 2
    assert "put --code and --graph after FILE" in result.output


def test_json_with_code_is_a_wrong_call(detector: Path) -> None:
    result = inspect(detector, "--json", "--code")
    assert result.exit_code == 2
    assert "leave out --code or --graph" in result.output


@pytest.mark.parametrize("name", ["missing.pt", "."])
def test_no_file_is_a_wrong_call_in_one_line(
    tmp_path: Path, name: str
) -> None:
    result = inspect(tmp_path / name)
    assert result.exit_code == 2
    assert result.output.count("\n") == 1


def test_another_kind_of_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "weights.pt"
    path.write_bytes(b"\x80\x02no archive")
    result = inspect(path)
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert f"'sconce check {path}'" in result.output


def test_code_that_acts_while_loading_needs_trust(tmp_path: Path) -> None:
    path = archives.scripted(archives.Waking(), tmp_path / "waking.pt")
    refused, trusted = inspect(path), inspect(path, "--trust")
    assert (refused.exit_code, trusted.exit_code) == (1, 0)
    assert "add --trust" in refused.output


def test_depth_limits_the_tree_and_counts_the_rest(tmp_path: Path) -> None:
    inner = nn.Sequential(nn.ReLU(), nn.Linear(2, 2))
    model = nn.Sequential(inner, nn.Sequential(nn.Tanh()))
    path = archives.scripted(model, tmp_path / "deep.pt")
    shallow = inspect(path, "--depth", "1").output
    assert "Linear" not in shallow
    assert "… 2 more, see --depth" in shallow
    assert "Linear" in inspect(path, "--depth", "2").output


def test_help_does_not_import_torch() -> None:
    code = "import sys, sconce.inspect.command; print('torch' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert result.stdout == "False\n"


def test_damaged_debug_files_are_one_line(tmp_path: Path) -> None:
    """LibTorch reads them late, and believes what is in them."""
    path = archives.traced(
        nn.Linear(2, 2), (torch.ones(1, 2),), tmp_path / "linear.pt"
    )
    broken = archives.rewritten(
        path,
        tmp_path / "broken.pt",
        lambda name, data: b"\xff" * 20
        if name.endswith(".debug_pkl")
        else data,
    )
    result = inspect(broken, "--graph")
    assert result.exit_code == 1
    assert result.output.count("\n") == 1
    assert "debug_pkl: the pickle is malformed" in result.output
