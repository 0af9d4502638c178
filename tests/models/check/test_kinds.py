"""Each kind of file is named by its content, under a suffix that lies."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from sconce.check import Finding, Kind, check_file
from tests.models.check import files
from tests.models.check.files import Write, content, saved

# Some of the formats are no longer what their own writers recommend.
pytestmark = [
    pytest.mark.filterwarnings(f"ignore:{message}")
    for message in (
        "Lite Interpreter is deprecated",
        "TypedStorage is deprecated",
        "You are using the legacy TorchScript-based ONNX",
        "The feature will be removed",
    )
]


@pytest.fixture
def check(tmp_path: Path) -> Callable[[Write], Finding]:
    def made_and_checked(write: Write) -> Finding:
        path = tmp_path / "file.onnx.txt"
        write(path)
        return check_file(path)

    return made_and_checked


Check = Callable[[Write], Finding]
NET_TENSORS = [
    ("fc.weight", "FP32", (2, 3)),
    ("fc.bias", "FP32", (2,)),
    ("steps", "INT64", (2,)),
]


def tensors_of(found: Finding) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(each.name, each.dtype, each.shape) for each in found.tensors]


@pytest.mark.parametrize(
    ("write", "kind", "servable"),
    [
        (files.traced, Kind.TORCHSCRIPT, True),
        (files.scripted, Kind.TORCHSCRIPT, True),
        (files.mobile, Kind.TORCHSCRIPT_MOBILE, True),
        (files.flatbuffer, Kind.TORCHSCRIPT_FLATBUFFER, False),
        (files.legacy_torchscript, Kind.TORCHSCRIPT_LEGACY, False),
        (saved(files.weights), Kind.STATE_DICT, False),
        (saved(files.weights, new=False), Kind.STATE_DICT, False),
        (saved(files.checkpoint), Kind.CHECKPOINT, False),
        (saved(files.checkpoint, new=False), Kind.CHECKPOINT, False),
        (saved(files.net), Kind.MODULE, False),
        (saved(files.net, new=False), Kind.MODULE, False),
        (
            files.legacy_tar(files.TAR_VALUE, files.TAR_TENSORS),
            Kind.STATE_DICT,
            False,
        ),
        (saved(lambda: torch.ones(2)), Kind.TENSORS, False),
        (saved(lambda: [torch.ones(2)]), Kind.TENSORS, False),
        (saved(lambda: {"epoch": 3}), Kind.PICKLE, False),
        (saved(lambda: 3), Kind.PICKLE, False),
        (content(pickle.dumps({"a": [1, 2.5, None]})), Kind.PICKLE, False),
        (files.exported_program, Kind.EXPORTED_PROGRAM, False),
        (files.early_program, Kind.EXPORTED_PROGRAM, False),
        (files.aot_inductor, Kind.AOT_INDUCTOR, False),
        (files.torch_package, Kind.TORCH_PACKAGE, False),
        (files.onnx_model, Kind.ONNX, False),
        (files.onnx_without_producer, Kind.ONNX, False),
        (files.safetensors_file, Kind.SAFETENSORS, False),
        (files.numpy_archive, Kind.OTHER, False),
        (content(b""), Kind.EMPTY, False),
        (content(b"hello\nworld"), Kind.OTHER, False),
        (content(bytes(range(256))), Kind.OTHER, False),
        (Path.mkdir, Kind.DIRECTORY, False),
    ],
)
def test_kind(check: Check, write: Write, kind: Kind, servable: bool) -> None:
    found = check(write)
    assert found.kind is kind, found
    assert found.servable is servable
    assert not found.problems
    assert servable or found.advice


@pytest.mark.parametrize(
    "write",
    [
        files.scripted,
        files.mobile,
        files.exported_program,
        files.safetensors_file,
        files.torch_package,
        saved(files.weights),
        saved(files.weights, new=False),
        saved(files.net),
        saved(files.net, new=False),
    ],
)
def test_tensors_are_listed_without_reading_them(
    check: Check, write: Write
) -> None:
    found = check(write)
    assert sorted(tensors_of(found)) == sorted(NET_TENSORS)
    assert (found.elements, found.bytes) == (10, 48)


def test_torchscript_says_how_it_was_captured(check: Check) -> None:
    assert check(files.traced).facts["captured by"] == "torch.jit.trace"
    facts = check(files.scripted).facts
    assert facts["captured by"] == "torch.jit.script"
    assert facts["methods"] == "forward, twice"
    assert facts["metadata"].startswith("none")


def test_a_checkpoint_says_where_its_weights_are(check: Check) -> None:
    found = check(saved(files.checkpoint))
    assert found.facts["state_dict"] == "['model'], ['ema']['shadow']"
    assert found.title.endswith("the weights are under ['model']")
    assert "epoch (int)" in found.facts["keys"]
    assert "weights = found['model']\n" in found.factory


def test_a_checkpoint_with_a_whole_module(check: Check) -> None:
    found = check(saved(lambda: {"ema": None, "model": files.net()}))
    assert found.kind is Kind.CHECKPOINT
    assert "under ['model'], an instance of" in found.title
    assert "return found['model'].eval()" in found.factory


def test_shared_weights_count_once(check: Check) -> None:
    def tied() -> dict[str, torch.Tensor]:
        layer = nn.Linear(3, 3, bias=False)
        return {"a": layer.weight, "b": layer.weight}

    found = check(saved(tied))
    assert [each.name for each in found.tensors] == ["a", "b"]
    assert found.elements == 9


def test_views_of_one_storage_count_each(check: Check) -> None:
    def views() -> dict[str, torch.Tensor]:
        one = torch.ones(6)
        return {"a": one[:3], "b": one[3:], "c": one[:1].expand(9)}

    found = check(saved(views))
    assert found.elements == 3 + 3 + 9
    assert not found.problems


@pytest.mark.parametrize(
    ("dtype", "name", "size"),
    [
        (torch.float64, "FP64", 8),
        (torch.float16, "FP16", 2),
        (torch.bfloat16, "BF16", 2),
        (torch.int8, "INT8", 1),
        (torch.uint8, "UINT8", 1),
        (torch.uint16, "UINT16", 2),
        (torch.bool, "BOOL", 1),
        (torch.complex64, "COMPLEX64", 8),
        (torch.float8_e5m2, "FP8_E5M2", 1),
    ],
)
def test_data_types(
    check: Check, dtype: torch.dtype, name: str, size: int
) -> None:
    found = check(saved(lambda: {"a": torch.zeros(3, dtype=dtype)}))
    assert tensors_of(found) == [("a", name, (3,))]
    assert found.bytes == 3 * size


def test_parameters_and_views_and_scalars(check: Check) -> None:
    value = {
        "parameter": nn.Parameter(torch.ones(2, 2)),
        "column": torch.ones(4, 3)[:, 1],
        "scalar": torch.tensor(3),
        "empty": torch.zeros(0, 5),
        "meta": torch.ones(7, device="meta"),
    }
    found = check(saved(lambda: value))
    assert tensors_of(found) == [
        ("parameter", "FP32", (2, 2)),
        ("column", "FP32", (4,)),
        ("scalar", "INT64", ()),
        ("empty", "FP32", (0, 5)),
        ("meta", "FP32", (7,)),
    ]
    assert not found.problems


def test_the_tar_file_is_one_that_torch_reads(tmp_path: Path) -> None:
    path = tmp_path / "old.pth"
    files.legacy_tar(files.TAR_VALUE, files.TAR_TENSORS)(path)
    back = torch.load(path, weights_only=False)
    assert torch.equal(back["weight"], files.TAR_TENSORS["11"])
    assert tensors_of(check_file(path)) == [
        ("weight", "FP32", (2, 3)),
        ("bias", "FP32", (2,)),
    ]


def test_onnx_says_what_goes_in_and_out(check: Check) -> None:
    found = check(files.onnx_model)
    assert found.facts["opset"] == "ai.onnx 17"
    assert found.facts["inputs"] == "x FP32[batch,3]"
    assert found.facts["outputs"].startswith("y FP32[")
    assert "1 Gemm" in found.facts["operators"]
    assert {("fc.weight", "FP32", (2, 3))} < set(tensors_of(found))
    assert check(files.onnx_without_producer).facts["inputs"] == "x FP16[n,4]"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1", "run `git lfs pull`"),
        (b"\n<!DOCTYPE html><html>", "download it again"),
        (b"\x1f\x8b\x08\x00", "unpack it"),
        (b"GGUF\3\0\0\0", "GGUF"),
        ("prix \N{EURO SIGN}".encode(), "text, beginning with 'prix"),
    ],
)
def test_files_that_are_often_mistaken_for_models(
    check: Check, data: bytes, words: str
) -> None:
    found = check(content(data))
    assert words in f"{found.title}; {found.advice}"


def test_a_plain_pickle_of_an_object_is_not_called_a_module(
    check: Check,
) -> None:
    found = check(content(pickle.dumps(np.float64(3))))
    assert found.kind is Kind.PICKLE
    found = check(content(pickle.dumps(files.net())))
    assert found.kind is Kind.MODULE
    assert "pickle.load(file).eval()" in found.factory


def test_no_kind_was_forgotten_here() -> None:
    mark = next(
        mark
        for mark in test_kind.pytestmark  # type: ignore[attr-defined]
        if mark.name == "parametrize"
    )
    # Damaged files have their own tests.
    assert {row[1] for row in mark.args[1]} == set(Kind) - {Kind.DAMAGED}
