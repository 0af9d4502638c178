"""What is written into a real TorchScript archive is what is read."""

import dataclasses
import math
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch

from sconce.archive import (
    Example,
    MetadataError,
    MethodSpec,
    ModelMetadata,
    ValueSpec,
    read_metadata,
    to_extra_files,
)
from tests.models.archive.examples import METADATA, example


def save(path: Path, extra: dict[str, bytes]) -> Path:
    module = torch.jit.trace(torch.nn.Linear(3, 1), torch.ones(2, 3))
    torch.jit.save(module, str(path), _extra_files=extra)
    return path


def written_and_read(path: Path, metadata: ModelMetadata) -> ModelMetadata:
    found = read_metadata(save(path / "model.pt", to_extra_files(metadata)))
    assert found is not None
    return found


def test_every_field_comes_back(tmp_path: Path) -> None:
    found = written_and_read(tmp_path, METADATA)
    for field in dataclasses.fields(ModelMetadata):
        if field.name != "examples":
            value = getattr(found, field.name)
            assert value == getattr(METADATA, field.name), field.name


def test_the_tensors_of_the_examples_come_back(tmp_path: Path) -> None:
    found = written_and_read(tmp_path, METADATA).examples
    assert [each.name for each in found] == ["given", "no rows"]
    for read, written in zip(found, METADATA.examples, strict=True):
        assert read.inputs["scale"] == 2
        for side in ("inputs", "outputs"):
            for name, value in getattr(written, side).items():
                np.testing.assert_array_equal(getattr(read, side)[name], value)


@pytest.mark.parametrize(
    "array",
    [
        np.array([1.5, -2], ml_dtypes.bfloat16),
        np.array(3.5, np.float16),
        np.zeros((0, 4), np.int8),
        np.array([[True], [False]]),
        np.arange(6, dtype=np.uint64).reshape(2, 3).T,
        np.arange(3, dtype=">i4"),
        np.array([math.nan, math.inf]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_every_kind_of_tensor(tmp_path: Path, array: np.ndarray) -> None:
    names = {"b": "BF16", "f2": "FP16", "i1": "INT8", "b1": "BOOL"}
    names |= {"u8": "UINT64", "i4": "INT32", "f8": "FP64"}
    dtype = names.get(array.dtype.str[1:], "BF16")
    metadata = one_value(ValueSpec("v", "tensor", dtype), array)
    found = written_and_read(tmp_path, metadata).examples[0].inputs["v"]
    assert isinstance(found, np.ndarray)
    assert found.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bool", True),
        ("int", -(2**63) + 1),
        ("float", 2.0),
        ("float", -math.inf),
        ("float", math.nan),
        ("str", "a\u2028\0b"),
        ("none", None),
    ],
)
def test_every_kind_of_scalar(
    tmp_path: Path, kind: str, value: bool | int | float | str | None
) -> None:
    metadata = one_value(ValueSpec("v", kind, None, None, True, value), value)
    found = written_and_read(tmp_path, metadata)
    for back in (
        found.examples[0].inputs["v"],
        found.methods["m"].inputs[0].default,
    ):
        assert type(back) is type(value)
        assert back == value or (math.isnan(back) and math.isnan(value))


def one_value(spec: ValueSpec, value: object) -> ModelMetadata:
    """Metadata of a method `m` with one input and one example of it."""
    return ModelMetadata(
        {"m": MethodSpec((spec,), ())},
        examples=(Example("given", "m", {"v": value}, {}),),  # type: ignore
    )


def test_an_archive_without_metadata(tmp_path: Path) -> None:
    assert read_metadata(save(tmp_path / "old.pt", {})) is None


def test_torch_finds_the_extra_files(tmp_path: Path) -> None:
    extra = to_extra_files(METADATA)
    path = save(tmp_path / "model.pt", extra)
    found = dict.fromkeys(extra, "")
    module = torch.jit.load(path, _extra_files=found)
    assert found == extra
    assert module(torch.ones(1, 3)).shape == (1, 1)


def test_the_top_folder_has_any_name(tmp_path: Path) -> None:
    path = save(tmp_path / "other name.bin", to_extra_files(METADATA))
    assert read_metadata(path) is not None


def test_examples_that_are_too_large_are_left_out_by_name() -> None:
    metadata = dataclasses.replace(
        METADATA, examples=(example(2), example(99, "big"), example(1, "b"))
    )
    # 16 bytes a row: two rows and one, but not 99.
    small = to_extra_files(metadata, max_example_bytes=48)
    document = small["sconce/model.json"].decode()
    assert '"examples_left_out": [\n  "big"\n ]' in document
    assert '"name": "b"' in document
    assert len(small["sconce/examples.safetensors"]) < 1000


def test_reading_does_not_import_torch(tmp_path: Path) -> None:
    path = save(tmp_path / "model.pt", to_extra_files(METADATA))
    code = (
        "import sys\nfrom sconce.archive import read_metadata\n"
        f"assert read_metadata({str(path)!r})\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_type_that_no_client_can_send_is_refused() -> None:
    metadata = one_value(ValueSpec("v", "tensor", "FP32"), np.ones(1, "c8"))
    with pytest.raises(MetadataError, match="expected FP32 of any rank"):
        to_extra_files(metadata)
