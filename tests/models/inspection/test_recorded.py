"""What `sconce export` recorded is shown by `sconce inspect`."""

import json
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

from sconce.export import export
from sconce.inspect.command import command


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    path = tmp_path / "classifier.pt"
    export(
        nn.Linear(10, 3).eval(),
        (torch.ones(2, 10),),
        path,
        labels=["cat", "dog", "bird"],
        description="Tells animals apart.",
    )
    return path


def test_metadata_labels_and_examples_are_shown(classifier: Path) -> None:
    output = CliRunner().invoke(command, [str(classifier)]).output
    for text in (
        "Exported by trace",
        "Tells animals apart.",
        "input  input: FP32[batch, 10]",
        "output output_0: FP32[batch, 3]",
        "  batch: min 0",
        "batch dimension: batch",
        "3 labels of output_0: cat, dog, bird",
        "example forward/given: input=FP32[2,10] -> output_0=FP32[2,3]",
    ):
        assert text in output
    assert "no metadata" not in output


def test_metadata_is_in_the_json(classifier: Path) -> None:
    result = CliRunner().invoke(command, [str(classifier), "--json"])
    recorded = json.loads(result.output)["recorded"]
    assert recorded["labels"]["output_0"] == ["cat", "dog", "bird"]
    assert recorded["methods"]["forward"]["batch"] == "batch"
    assert recorded["producer"]["torch"] == torch.__version__.split("+")[0]


def test_allowed_mismatches_are_shown(tmp_path: Path) -> None:
    def doubled_if_positive(x: torch.Tensor) -> torch.Tensor:
        return x * 2 if x.sum() > 0 else x

    path = tmp_path / "wrong.pt"
    export(
        doubled_if_positive,
        (torch.ones(2),),
        path,
        how="trace",
        allow_mismatch=True,
    )
    output = CliRunner().invoke(command, [str(path)]).output
    assert "differs from eager: forward, variation 'negated'" in output
    assert "known differences from eager PyTorch" in output
