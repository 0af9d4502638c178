"""The cases of the zoo as ONNX files, on inputs the exporter never saw."""

from pathlib import Path

import pytest
import torch
from torch import nn

from models.zoo import CASES, ZooModel
from models.zoo.entry import Call
from sconce.archive import flatten
from sconce.export import ExportError, ExportReport, export
from sconce.export.comparison import Outputs, compare
from sconce.export.runner import Refusal
from sconce.onnx.runtime import run_onnx

# What cannot be, and what it says. A case that begins to pass fails its test.
REFUSED = {
    "goal_prediction": "prim::DictConstruct has no ONNX translation",
    "dataclass_output": r"variation 'x_dim1=0', mean: .*\n.*\nto do: ",
}
# ResNet-18 is proved in test_archives.py; here it would take a minute.
TOO_LARGE = {"resnet18_mean_subtracted"}


def exported(model: ZooModel, folder: Path) -> ExportReport:
    return export(
        model.module,
        model.inputs,
        folder / "model.pt",
        how=model.how,
        methods=model.methods,
        dynamic=model.dynamic,
        more_examples=model.more_examples,
        also=["onnx"],
    )


def eager(model: ZooModel, call: Call) -> Outputs:
    """What eager PyTorch answers, flat; the inputs stay as they are."""
    truth = model.reference or model.module
    if isinstance(truth, nn.Module):
        truth = truth.eval()
    method = truth if call.method == "forward" else getattr(truth, call.method)
    with torch.no_grad():
        leaves, _ = flatten(method(**copied(call)), "output", output=True)
    return dict(leaves)


def copied(call: Call) -> dict[str, object]:
    return {
        name: value.clone() if isinstance(value, torch.Tensor) else value
        for name, value in call.inputs.items()
    }


def flat(call: Call) -> Outputs:
    leaves = [flatten(value, name)[0] for name, value in call.inputs.items()]
    return dict(leaf for each in leaves for leaf in each)


def fits(model: ZooModel, call: Call) -> bool:
    """Whether the tensors of a call have as many dimensions as the example's:
    ONNX fixes that number."""
    methods = {"forward": model.inputs, **model.methods}
    example = flat(Call(methods[call.method]))
    return all(
        value.ndim == example[name].ndim
        for name, value in flat(call).items()
        if isinstance(value, torch.Tensor)
    )


@pytest.mark.parametrize("name", sorted({*CASES} - {*REFUSED} - TOO_LARGE))
def test_a_case_answers_like_eager(tmp_path: Path, name: str) -> None:
    model = CASES[name]()
    report = exported(model, tmp_path)
    files = {written.method: written for written in report.onnx}
    assert model.unseen
    for call in model.unseen:
        written = files[call.method]
        (found,) = run_onnx(written.path, [flat(call)]).results
        if not fits(model, call):
            assert isinstance(found, Refusal) and "rank" in found.reason
            continue
        assert not isinstance(found, Refusal), found
        expected = eager(model, call)
        assert compare(found, expected, report.tolerances).difference is None


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_case_that_cannot_be_says_why(tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match=f"(?s){REFUSED[name]}"):
        exported(CASES[name](), tmp_path)
    assert not (tmp_path / "model.onnx").exists()
