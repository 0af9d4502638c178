"""What `ArchiveFile.inspect` finds in archives of every kind."""

from pathlib import Path

import pytest
import torch
from torch import nn

from sconce.export.quiet import no_deprecation
from sconce.inspect.archive_file import ArchiveFile
from sconce.inspect.inspection import Inspection, Method, TensorEntry
from tests.models.inspection import archives


def look(path: Path) -> Inspection:
    return ArchiveFile.open(path).inspect()


@pytest.fixture
def detector(tmp_path: Path) -> Inspection:
    model = archives.Detector()
    return look(archives.scripted(model, tmp_path / "detector.pt"))


def method(found: Inspection, name: str) -> Method:
    return next(each for each in found.methods if each.name == name)


def tensor(found: Inspection, name: str) -> TensorEntry:
    return next(each for each in found.tensors if each.name == name)


def test_forward_is_first_and_exported_methods_follow(
    detector: Inspection,
) -> None:
    assert [each.name for each in detector.methods] == ["forward", "find"]


def test_arguments_have_types_and_defaults(detector: Inspection) -> None:
    x, scale, names, mode = method(detector, "forward").arguments
    assert (x.type, x.has_default) == ("Tensor", False)
    assert (scale.type, scale.default) == ("float", 1.5)
    assert (names.type, names.has_default) == ("Optional[List[str]]", True)
    assert names.default is None
    assert mode.default == "fast"


def test_results_are_named_as_written(detector: Inspection) -> None:
    assert method(detector, "forward").returns == "Dict[str, Tensor]"
    found = method(detector, "find").returns
    assert found == "Found(boxes: Tensor, count: int)"


def test_operators_of_submodules_and_inner_blocks_count(
    detector: Inspection,
) -> None:
    forward = method(detector, "forward").operators
    assert forward["aten::linear"] == 2
    find = method(detector, "find").operators
    assert find["prim::Loop"] == 1
    assert find["prim::If"] == 1
    assert find["aten::sum"] == 1


def test_shared_storage_is_counted_once(detector: Inspection) -> None:
    shared = tensor(detector, "second.weight")
    assert (shared.shares, shared.bytes) == ("first.weight", 0)
    own = tensor(detector, "first.weight")
    assert (own.shares, own.bytes) == (None, 4 * 4 * 4)
    total = sum(each.bytes for each in detector.tensors)
    assert total == (16 + 4 + 4) * 4 + 3 * 8


def test_buffers_have_kind_dtype_and_shape(detector: Inspection) -> None:
    mean = tensor(detector, "mean")
    assert (mean.kind, mean.dtype, mean.shape) == ("buffer", "int64", [3])


def test_modules_are_listed_with_their_own_parameters(
    detector: Inspection,
) -> None:
    rows = [(m.path, m.type, m.parameters) for m in detector.modules]
    assert rows == [
        ("", "Detector", 0),
        ("first", "Linear", 20),
        ("second", "Linear", 20),
    ]


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_the_device_a_trace_fixed_is_found_with_its_line(
    tmp_path: Path,
) -> None:
    path = archives.traced(
        archives.Ramp(), (torch.ones(3),), tmp_path / "ramp.pt"
    )
    found = look(path)
    ramp = next(
        each
        for each in found.device_constants
        if each.operator == "aten::arange"
    )
    number = archives.line_of("# the device's line")
    assert ramp.device == "cpu"
    assert ramp.line.endswith(f"archives.py:{number}")
    assert any("aten::arange always runs on 'cpu'" in n for n in found.notes)


def test_a_script_without_devices_has_no_device_note(
    detector: Inspection,
) -> None:
    assert detector.device_constants == []


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_tensor_written_into_a_trace_is_a_constant(tmp_path: Path) -> None:
    found = look(
        archives.traced(
            archives.Ramp(), (torch.ones(3),), tmp_path / "ramp.pt"
        )
    )
    shapes = [t.shape for t in found.tensors if t.kind == "constant"]
    assert [3] in shapes


def test_a_trace_shows_its_examples_within_structures(tmp_path: Path) -> None:
    more = {"k": torch.zeros(0, 5, dtype=torch.int64)}
    path = archives.traced(
        archives.Nested(),
        (torch.ones(2, 3), more, [torch.ones(1).double()]),
        tmp_path / "nested.pt",
    )
    assert look(path).methods[0].traced_examples == [
        "x=FP32[2,3]",
        "more.k=INT64[0,5]",
        "rest.0=FP64[1]",
    ]


def test_a_script_has_no_traced_examples(detector: Inspection) -> None:
    assert all(each.traced_examples == [] for each in detector.methods)


def test_a_function_is_a_module_with_forward(tmp_path: Path) -> None:
    def double(x: torch.Tensor) -> torch.Tensor:
        return x * 2

    with no_deprecation():
        torch.jit.script(double).save(str(tmp_path / "f.pt"))
    found = look(tmp_path / "f.pt")
    assert [each.name for each in found.methods] == ["forward"]
    assert found.methods[0].operators == {"aten::mul": 1}


def test_the_saved_device_is_told_though_loaded_on_the_cpu(
    tmp_path: Path,
) -> None:
    model = archives.scripted(nn.Linear(2, 3), tmp_path / "linear.pt")
    cpu, cuda = b"X\x03\0\0\0cpu", b"X\x06\0\0\0cuda:0"
    moved = archives.rewritten(
        model,
        tmp_path / "moved.pt",
        lambda name, data: data.replace(cpu, cuda)
        if name.endswith("data.pkl")
        else data,
    )
    found = look(moved)
    assert found.saved_devices == {"cuda:0": (6 + 3) * 4}
    assert any("saved on cuda:0" in note for note in found.notes)


def test_batchnorm_left_in_training_mode_is_noted(tmp_path: Path) -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 2))
    with no_deprecation():
        script = torch.jit.script(model)
        script.train()
        torch.jit.save(script, tmp_path / "train.pt")
    notes = look(tmp_path / "train.pt").notes
    assert any(n.startswith("training mode is on in 0:") for n in notes)


def test_evaluation_mode_is_not_noted(tmp_path: Path) -> None:
    path = archives.scripted(nn.BatchNorm1d(3), tmp_path / "eval.pt")
    assert not any("training mode" in note for note in look(path).notes)


def test_an_archive_without_metadata_is_shown_and_noted(
    detector: Inspection,
) -> None:
    assert detector.recorded is None
    assert any(note.startswith("no metadata") for note in detector.notes)


def test_the_model_is_never_run(tmp_path: Path) -> None:
    path = archives.scripted(archives.Refusing(), tmp_path / "refusing.pt")
    assert [each.name for each in look(path).methods] == ["forward"]
