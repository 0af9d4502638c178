"""The proof sees ONNX files that are wrong."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from sconce.export import ExportError, ExportReport
from sconce.export.runner import Refusal
from sconce.onnx.also import PROPERTY, check_proof
from sconce.onnx.proof import OnnxProof, prove_onnx
from sconce.onnx.runtime import run_onnx
from tests.models.onnx_path import models
from tests.models.onnx_path.models import convert, exported


@pytest.fixture
def mlp(tmp_path: Path) -> ExportReport:
    report = exported(models.Mlp(), (torch.randn(2, 10),), tmp_path)
    convert(report)
    return report


def prove(report: ExportReport) -> OnnxProof:
    return prove_onnx(
        report.path.with_suffix(".onnx"),
        report.explored[0],
        report.metadata.methods["forward"],
        report.tolerances,
        {},
    )


def test_the_file_as_written_is_right(mlp: ExportReport) -> None:
    proof = prove(mlp)
    assert proof.mismatches == []
    assert len(proof.checked) > 5


def test_a_changed_weight_is_a_mismatch_with_its_size(
    mlp: ExportReport,
) -> None:
    path = mlp.path.with_suffix(".onnx")
    model = onnx.load(path)
    bias = next(t for t in model.graph.initializer if t.name == "second.bias")
    changed = numpy_helper.to_array(bias) + np.float32(0.5)
    bias.CopyFrom(numpy_helper.from_array(changed, "second.bias"))
    onnx.save(model, path)
    proof = prove(mlp)
    first = proof.mismatches[0]
    assert (first.method, first.variation) == ("forward", "given")
    assert first.output == "output_0"
    assert "largest difference 0.5" in first.text
    with pytest.raises(ExportError, match=r"m\.onnx is wrong in \d+ of \d+"):
        check_proof(proof, Path("m.onnx"), allow_mismatch=False)
    check_proof(proof, Path("m.onnx"), allow_mismatch=True)


def test_a_fixed_size_is_a_mismatch_in_the_variation_that_shows_it(
    mlp: ExportReport,
) -> None:
    path = mlp.path.with_suffix(".onnx")
    model = onnx.load(path)
    rows = model.graph.input[0].type.tensor_type.shape.dim[0]
    rows.Clear()
    rows.dim_value = 2
    onnx.save(model, path)
    proof = prove(mlp)
    found = next(m for m in proof.mismatches if m.variation == "batch=3")
    assert "eager PyTorch answers, ONNX Runtime fails" in found.text
    assert "given" not in [m.variation for m in proof.mismatches]
    assert any(limit.startswith("batch=0: ") for limit in proof.limits)


def test_allowed_mismatches_are_recorded_in_the_file(tmp_path: Path) -> None:
    report = exported(
        models.ScriptedResolution(),
        (torch.randn(1, 1, 6, 7), torch.tensor(2.0)),
        tmp_path,
        how="trace",
        allow_mismatch=True,
    )
    with pytest.raises(ExportError, match="ONNX|onnx"):
        convert(report)
    assert not (tmp_path / "model.onnx").exists()
    (written,) = convert(report, allow_mismatch=True)
    (entry,) = onnx.load(written.path).metadata_props
    assert entry.key == PROPERTY
    assert len(entry.value.splitlines()) == len(written.proof.mismatches) > 0


def test_a_file_that_is_no_onnx_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"no model")
    with pytest.raises(ExportError, match="cannot load broken.onnx") as caught:
        run_onnx(path, [{"x": torch.ones(1)}])
    assert "\n" not in caught.value.message


def test_a_data_type_that_numpy_lacks_is_refused_by_name(
    tmp_path: Path,
) -> None:
    inputs = (torch.ones(1, 2).bfloat16(),)
    report = exported(models.Widening(), inputs, tmp_path)
    with pytest.raises(ExportError, match="input 'x' is BF16"):
        convert(report)


def test_an_operator_that_the_runtime_lacks_is_named(tmp_path: Path) -> None:
    model = torch.nn.Conv1d(1, 1, 3).double()
    report = exported(model, (torch.ones(1, 1, 8).double(),), tmp_path)
    with pytest.raises(ExportError, match=r"cannot load .* Conv"):
        convert(report)


def test_a_length_that_the_converter_fixed_is_found(tmp_path: Path) -> None:
    """PyTorch's translation of attention keeps the example's length."""
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    report = exported(layer, (torch.randn(2, 5, 8),), tmp_path, how="trace")
    with pytest.raises(ExportError, match="ONNX Runtime fails: The input"):
        convert(report)


def test_another_answer_for_empty_tensors_says_what_to_do(
    tmp_path: Path,
) -> None:
    """ONNX Runtime's mean of nothing is 0."""
    inputs = (torch.randn(2, 3),)
    report = exported(models.RowMean(), inputs, tmp_path)
    with pytest.raises(ExportError, match="variation 'x_dim1=0'") as caught:
        convert(report)
    assert "dynamic={'x': {0: 'batch>=1'}}" in caught.value.details[-1]
    declared = {"x": {0: "batch", 1: "width>=1"}}
    (written,) = convert(
        exported(models.RowMean(), inputs, tmp_path, dynamic=declared)
    )
    assert written.proof.mismatches == []


def test_a_crash_of_the_runtime_is_a_remark_on_that_case(
    tmp_path: Path,
) -> None:
    """ONNX Runtime ends its process on an LSTM without a row."""
    declared = {"x": {0: "batch", 1: "length>=1"}}
    inputs = (torch.randn(1, 3, 4),)
    report = exported(models.Recurrent(), inputs, tmp_path, dynamic=declared)
    (written,) = convert(report)
    crashed = [limit for limit in written.proof.limits if "crash" in limit]
    assert [each.partition(":")[0] for each in crashed] == ["batch=0"]
    assert written.proof.mismatches == []
    seen = {each.variation for each in written.proof.checked}
    assert {"given", "batch=2", "batch=3"} <= seen


def test_calls_after_a_refusal_are_still_answered(mlp: ExportReport) -> None:
    path = mlp.path.with_suffix(".onnx")
    good = {"x": torch.randn(2, 10)}
    answers = run_onnx(path, [good, {"x": torch.randn(2, 9)}, good])
    first, refused, last = answers.results
    assert answers.inputs == ("x",)
    assert isinstance(refused, Refusal)
    assert not isinstance(first, Refusal) and not isinstance(last, Refusal)
    assert torch.equal(first["output_0"], last["output_0"])
