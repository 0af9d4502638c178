"""ONNX files beside archives: names, axes, opsets and what is told."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from sconce.export import ExportError, UsageError, export
from sconce.export.quiet import no_deprecation
from tests.models.onnx_path import models
from tests.models.onnx_path.models import convert, exported

Shape = list[str | int]


def shapes(values: object) -> dict[str, Shape]:
    """Name to shape of the inputs or outputs of a graph."""
    return {
        value.name: [
            dim.dim_param or dim.dim_value
            for dim in value.type.tensor_type.shape.dim
        ]
        for value in values
    }


def operators(path: Path) -> list[str]:
    return [node.op_type for node in onnx.load(path).graph.node]


def line_of(text: str) -> int:
    """Where `text` is the whole line in the models' file."""
    lines = Path(models.__file__).read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.strip() == text)


def run(path: Path, **inputs: torch.Tensor) -> list[np.ndarray]:
    """What ONNX Runtime answers, without any of our code."""
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {k: v.numpy() for k, v in inputs.items()})


def test_mlp_has_the_names_and_axes_of_the_archive(tmp_path: Path) -> None:
    report = exported(
        models.Mlp(),
        (torch.randn(2, 10),),
        tmp_path,
        input_names=["features"],
        output_names=["score"],
    )
    (written,) = convert(report)
    graph = onnx.load(tmp_path / "model.onnx").graph
    assert shapes(graph.input) == {"features": ["batch", 10]}
    assert shapes(graph.output) == {"score": ["batch", 1]}
    assert written.opset == 20
    assert len(written.proof.checked) == len(report.explored[0].domain.cases)


def test_every_opset_that_can_be_asked_for_is_right(tmp_path: Path) -> None:
    inputs = (torch.randn(1, 1, 6, 7), torch.tensor(2.0))
    report = exported(models.SuperResolution(), inputs, tmp_path)
    for opset in range(13, 21):
        (written,) = convert(report, opset)
        model = onnx.load(written.path)
        assert [each.version for each in model.opset_import] == [opset]
        assert written.proof.mismatches == []


@pytest.mark.parametrize("opset", [12, 21])
def test_another_opset_is_a_wrong_call(tmp_path: Path, opset: int) -> None:
    report = exported(models.Mlp(), (torch.randn(2, 10),), tmp_path)
    with pytest.raises(UsageError, match=f"opset {opset}: expected 13 to 20"):
        convert(report, opset)


def test_conv3d_takes_other_heights_and_widths(tmp_path: Path) -> None:
    model = models.Volume()
    declared = {"x": {0: "batch", 3: "height>=4", 4: "width>=4"}}
    report = exported(
        model, (torch.randn(2, 3, 3, 8, 8),), tmp_path, dynamic=declared
    )
    (written,) = convert(report)
    graph = onnx.load(written.path).graph
    wanted = ["batch", 3, 3, "height", "width"]
    assert shapes(graph.input) == {"x": wanted}
    x = torch.randn(1, 3, 3, 5, 9)
    (found,) = run(written.path, x=x)
    assert torch.allclose(torch.from_numpy(found), model(x), atol=1e-4)


@pytest.mark.parametrize(
    ("model", "how"),
    [
        (models.SuperResolution(), "trace"),
        (models.SuperResolution(), "script"),
        (models.ScriptedResolution(), "auto"),
    ],
    ids=["traced resize", "scripted resize", "scripted interpolate"],
)
def test_the_scale_is_an_input(
    tmp_path: Path, model: torch.nn.Module, how: str
) -> None:
    inputs = (torch.randn(1, 1, 6, 7), torch.tensor(2.0))
    (written,) = convert(exported(model, inputs, tmp_path, how=how))
    assert "Resize" in operators(written.path)
    for scale in (2.0, 3.0, 4.0, 2.5):
        x, factor = torch.randn(2, 1, 5, 9), torch.tensor(scale)
        (found,) = run(written.path, x=x, scale=factor)
        expected = model(x, factor)
        assert found.shape == tuple(expected.shape)
        assert torch.allclose(torch.from_numpy(found), expected, atol=1e-4)


def test_a_script_keeps_loops_branches_and_numbers(tmp_path: Path) -> None:
    inputs = (torch.rand(3, 4), 2, "shift")
    report = exported(models.Looping(), inputs, tmp_path)
    (written,) = convert(report)
    assert {"Loop", "If"} <= {*operators(written.path)}
    x = torch.randn(5, 4)
    (found,) = run(written.path, x=x, n=torch.tensor(4))
    expected = models.Looping()(x, 4, "shift")
    assert torch.allclose(
        torch.from_numpy(found), expected, equal_nan=True, atol=1e-5
    )


def test_what_is_baked_is_said(tmp_path: Path) -> None:
    inputs = (torch.rand(3, 4), 2, "shift")
    report = exported(models.Looping(), inputs, tmp_path)
    (written,) = convert(report)
    assert written.written.baked == {"mode": "shift"}
    assert written.proof.left_out
    lines = "\n".join(written.lines())
    assert "mode='shift' is fixed" in lines
    assert "extra=7 is fixed" in lines


def test_structures_are_flat_with_the_names_of_the_archive(
    tmp_path: Path,
) -> None:
    inputs = (torch.rand(3, 4), {"k": torch.rand(3, 4)})
    report = exported(models.Structures(), inputs, tmp_path)
    assert report.how == "script"
    (written,) = convert(report)
    graph = onnx.load(written.path).graph
    assert list(shapes(graph.input)) == ["x", "more.k"]
    assert list(shapes(graph.output)) == ["sum", "given"]


def test_a_script_within_a_trace_keeps_its_loop(tmp_path: Path) -> None:
    inputs = ({"k.1": torch.rand(3, 4), "j": torch.rand(2)},)
    report = exported(models.Mixed(), inputs, tmp_path, how="trace")
    assert report.chosen.capture.adapted
    (written,) = convert(report)
    assert "Loop" in operators(written.path)
    assert len(written.proof.checked) > 5


def test_each_method_has_a_file_of_its_own(tmp_path: Path) -> None:
    report = exported(
        models.Methods(),
        (torch.rand(3, 4),),
        tmp_path,
        methods={"twice": (torch.rand(2, 2),)},
    )
    names = [written.path.name for written in convert(report)]
    assert names == ["model.onnx", "model.twice.onnx"]
    x = torch.rand(2, 3)
    (found,) = run(tmp_path / "model.twice.onnx", x=x)
    assert np.array_equal(found, x.numpy() * 2)


def test_a_transformer_layer_is_converted_without_its_fused_operator(
    tmp_path: Path,
) -> None:
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    report = exported(
        layer,
        (torch.randn(2, 5, 8),),
        tmp_path,
        how="trace",
        dynamic={"src": {0: "batch"}},
    )
    fused = "aten::_transformer_encoder_layer_fwd"
    assert fused in str(report.chosen.capture.program.inlined_graph)
    (written,) = convert(report)
    assert "Softmax" in operators(written.path)
    assert torch.backends.mha.get_fastpath_enabled()


def test_an_input_without_effect_is_named(tmp_path: Path) -> None:
    inputs = (torch.rand(3, 4), torch.rand(3, 4))
    (written,) = convert(exported(models.Choosing(), inputs, tmp_path))
    assert written.proof.unused == ("state",)
    assert "state is no input" in "\n".join(written.lines())


def test_an_archive_that_was_given_is_converted(tmp_path: Path) -> None:
    with no_deprecation():
        script = torch.jit.script(models.Structures().eval())
    inputs = (torch.rand(3, 4), {"k": torch.rand(3, 4)})
    report = export(script, inputs, tmp_path / "model.pt")
    (written,) = convert(report)
    assert written.proof.mismatches == []


def test_a_model_with_state_is_refused(tmp_path: Path) -> None:
    report = exported(models.Counting(), (torch.rand(3, 4),), tmp_path)
    with pytest.raises(ExportError, match="changes calls when it runs"):
        convert(report)
    assert not (tmp_path / "model.onnx").exists()


def test_operators_without_translation_are_named_with_their_lines(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    report = exported(models.Bessel(), (torch.rand(3, 4),), tmp_path)
    with pytest.raises(ExportError) as caught:
        convert(report, opset=17)
    assert caught.value.message.startswith(
        "aten::linalg_svdvals, aten::special_bessel_j0 have no ONNX "
        "translation in opset 17; "
    )
    for operator, text in (
        ("aten::linalg_svdvals", "y = torch.linalg.svdvals(x)"),
        ("aten::special_bessel_j0", "return torch.special.bessel_j0(y)"),
    ):
        assert any(
            line.startswith(f"{operator} at ")
            and line.endswith(f"models.py:{line_of(text)}")
            for line in caught.value.details
        )
    assert capfd.readouterr().out == ""
    assert sorted(p.name for p in tmp_path.iterdir()) == ["model.pt"]


def test_an_operator_of_the_interpreter_is_named_with_its_line(
    tmp_path: Path,
) -> None:
    report = exported(models.Remembering(), (torch.ones(3, 2),), tmp_path)
    with pytest.raises(ExportError, match="^prim::DictCons") as caught:
        convert(report)
    (line,) = caught.value.details
    text = "seen[int(x[row, 0])] = True"
    assert line.endswith(f"models.py:{line_of(text)}")
