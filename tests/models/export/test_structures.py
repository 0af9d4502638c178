"""Z17: nested values cross the boundary flat and can be put together."""

import json
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from sconce.archive import ModelMetadata, read_metadata, rebuild
from sconce.export import ExportReport
from tests.models.export import structures

Exported = Callable[..., ExportReport]


def loaded(report: ExportReport) -> Any:
    return torch.jit.load(str(report.path))


def recorded(report: ExportReport) -> ModelMetadata:
    metadata = read_metadata(report.path)
    assert metadata is not None
    return metadata


def output_names(report: ExportReport) -> list[str]:
    return [one.name for one in report.metadata.methods["forward"].outputs]


def test_a_named_tuple_keeps_its_fields_in_a_trace(
    exported: Exported,
) -> None:
    report = exported(structures.ReturnsBoxes(), (torch.ones(2, 3),))
    assert report.how == "trace"
    result = loaded(report)(torch.ones(1, 3))
    assert list(result) == output_names(report) == ["corners", "scores"]
    assert result["scores"].tolist() == [[2.0, 2.0, 2.0]]


def test_a_named_tuple_of_a_script(exported: Exported) -> None:
    report = exported(
        structures.ReturnsBoxes(), (torch.ones(2, 3),), how="script"
    )
    assert output_names(report) == ["corners", "scores"]
    assert loaded(report)(torch.ones(1, 3)).scores.tolist() == [[2, 2, 2]]


def test_a_named_tuple_of_what_was_scripted_before(
    exported: Exported,
) -> None:
    scripted = torch.jit.script(structures.ReturnsBoxes())
    report = exported(scripted, (torch.ones(2, 3),))
    assert report.how == "given"
    assert output_names(report) == ["corners", "scores"]


def test_nested_outputs_are_named_by_their_path(exported: Exported) -> None:
    report = exported(structures.ReturnsNested(), (torch.ones(2, 3),))
    assert output_names(report) == [
        "logits",
        "extra.0",
        "extra.1.0",
        "extra.1.1",
    ]
    spec = recorded(report).methods["forward"]
    assert spec.adapter
    result = rebuild(spec.output_structure, loaded(report)(torch.ones(1, 3)))
    assert result["extra"][1][1].tolist() == [[3.0, 3.0, 3.0]]


def test_nested_inputs_are_arguments_of_their_own(
    exported: Exported,
) -> None:
    frame = structures.Frame(torch.ones(2, 3), torch.ones(2))
    options = {"affine": [torch.tensor(2.0), torch.tensor(1.0)]}
    report = exported(structures.TakesFrame(), (frame, options))
    spec = recorded(report).methods["forward"]
    assert [value.name for value in spec.inputs] == [
        "frame.image",
        "frame.mask",
        "options.affine.0",
        "options.affine.1",
    ]
    archive = loaded(report)
    schema = archive._c._get_method("forward").schema
    assert schema.arguments[1].name == "frame_image"
    result = archive(
        torch.ones(1, 3), torch.ones(1), torch.tensor(5.0), torch.tensor(1.0)
    )
    output, nothing, total = rebuild(spec.output_structure, result)
    assert output.image.tolist() == [[6.0, 6.0, 6.0]]
    assert nothing is None
    assert total.tolist() == [18.0]


def test_arguments_are_rebuilt_from_the_input_structure(
    exported: Exported,
) -> None:
    frame = structures.Frame(torch.ones(2, 3), torch.ones(2))
    options = {"affine": [torch.tensor(2.0), torch.tensor(1.0)]}
    report = exported(structures.TakesFrame(), (frame, options))
    spec = recorded(report).methods["forward"]
    values = {value.name: value.name for value in spec.inputs}
    arguments = rebuild(spec.input_structure, values)
    assert arguments["frame"].mask == "frame.mask"
    assert arguments["options"]["affine"][1] == "options.affine.1"


def test_keyword_only_arguments_are_traced(exported: Exported) -> None:
    class Keyword(nn.Module):
        def forward(self, x: Tensor, *, bias: Tensor) -> Tensor:
            return x + bias

    inputs = {"x": torch.ones(2, 3), "bias": torch.ones(3)}
    report = exported(Keyword(), inputs, how="trace")
    assert loaded(report)(torch.ones(1, 3), torch.ones(3)).sum() == 6


def test_a_default_that_is_not_given_is_fixed_in_a_trace(
    exported: Exported,
) -> None:
    class Optional(nn.Module):
        def forward(self, x: Tensor, scale: int = 3) -> Tensor:
            return x * scale

    report = exported(Optional(), (torch.ones(2, 3),))
    assert report.how == "trace"
    spec = report.metadata.methods["forward"]
    assert [value.name for value in spec.inputs] == ["x"]
    assert loaded(report)(torch.ones(1, 1)).item() == 3


def test_a_default_of_a_script_is_described(exported: Exported) -> None:
    class Optional(nn.Module):
        def forward(self, x: Tensor, scale: int = 3) -> Tensor:
            return x * scale

    report = exported(Optional(), (torch.ones(2, 3),), how="script")
    scale = recorded(report).methods["forward"].inputs[1]
    assert (scale.kind, scale.optional, scale.default) == ("int", True, 3)


def test_methods_are_exported_with_shared_weights(exported: Exported) -> None:
    image = torch.randn(1, 3, 6, 6)
    for how in ("trace", "script"):
        report = exported(
            structures.Detector().eval(),
            (image,),
            how=how,
            methods={
                "predict_boxes": (image,),
                "predict_keypoint": (image, torch.randn(1, 4)),
            },
        )
        archive = loaded(report)
        assert len(list(archive.parameters())) == 2
        assert archive.predict_boxes(image).shape == (1, 4)
        spec = report.metadata.methods["predict_keypoint"]
        assert [value.name for value in spec.inputs] == ["img", "box"]
        with zipfile.ZipFile(report.path) as files:
            records = [name for name in files.namelist() if "/data/" in name]
        assert len(records) == 2


def test_a_method_without_an_example_is_noted(exported: Exported) -> None:
    report = exported(
        structures.Detector().eval(), (torch.randn(1, 3, 6, 6),), how="script"
    )
    notes = "\n".join(report.metadata.notes)
    assert "'predict_boxes' is in the archive without an example" in notes


def test_a_module_without_forward(exported: Exported) -> None:
    image = torch.randn(1, 3, 6, 6)
    report = exported(
        structures.Detector().eval(), None, methods={"predict_boxes": (image,)}
    )
    assert list(report.metadata.methods) == ["predict_boxes"]
    assert loaded(report).predict_boxes(image).shape == (1, 4)


def test_a_script_function(exported: Exported) -> None:
    @torch.jit.script
    def double(x: Tensor, times: int = 2) -> Tensor:
        return x * times

    report = exported(double, (torch.ones(2),))
    assert report.how == "given"
    times = report.metadata.methods["forward"].inputs[1]
    assert (times.name, times.default) == ("times", 2)
    assert loaded(report)(torch.ones(1)).item() == 2
    assert loaded(report)(torch.ones(1), times=3).item() == 3


def test_a_module_whose_self_has_another_name(exported: Exported) -> None:
    class Own(nn.Module):
        def forward(this, x: Tensor) -> Tensor:  # noqa: N805
            return x + 1

    report = exported(torch.jit.script(Own()), (torch.ones(2),))
    assert report.metadata.methods["forward"].inputs[0].name == "x"


def test_two_traces_in_a_scripted_wrapper(exported: Exported) -> None:
    """Z8: a bool chooses the graph, the weights are the same."""
    linear = nn.Linear(3, 3)
    x = torch.ones(2, 3)

    class Wrapper(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.plain = torch.jit.trace(linear, x)
            self.rectified = torch.jit.trace(
                nn.Sequential(linear, nn.ReLU()), x
            )

        def forward(self, x: Tensor, rectify: bool) -> Tensor:
            if rectify:
                return self.rectified(x)
            return self.plain(x)

    report = exported(Wrapper(), (x, False))
    assert report.how == "script"
    names = [one.variation for one in report.chosen.checked]
    assert "rectify=True" in names
    with zipfile.ZipFile(report.path) as files:
        records = [name for name in files.namelist() if "/data/" in name]
    assert len(records) == 2


def test_names_may_be_chosen(exported: Exported) -> None:
    report = exported(
        nn.Linear(3, 2),
        (torch.ones(2, 3),),
        input_names=["pixels"],
        output_names=["score"],
        labels=["cat", "dog"],
    )
    metadata = recorded(report)
    assert metadata.methods["forward"].inputs[0].name == "pixels"
    assert metadata.labels == {"score": ("cat", "dog")}
    assert metadata.examples[0].outputs["score"].shape == (2, 2)
    assert metadata.methods["forward"].output_structure == {"leaf": "score"}


def test_the_document_is_plain_json(exported: Exported) -> None:
    report = exported(nn.Linear(3, 2), (torch.ones(2, 3),), description="π")
    with zipfile.ZipFile(report.path) as files:
        name = next(n for n in files.namelist() if n.endswith("model.json"))
        document = json.loads(files.read(name))
    assert document["format"] == "sconce.model"
    assert document["description"] == "π"
    assert document["producer"]["torch"] == "2.11.0"
    assert np.isclose(document["tolerances"]["FP32"]["rtol"], 1e-4)
