"""`--inputs` as text and from files."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torch import Tensor

from sconce.export.errors import UsageError
from sconce.export.inputs_text import read_inputs


def test_named_entries() -> None:
    found = read_inputs("x=FP32[1,3,4], scale=2 flag=true,mode='a b', r=-0.5")
    assert isinstance(found, dict)
    assert found["x"].shape == (1, 3, 4)
    assert found["x"].dtype == torch.float32
    assert {key: found[key] for key in ("scale", "flag", "mode", "r")} == {
        "scale": 2,
        "flag": True,
        "mode": "a b",
        "r": -0.5,
    }


def test_positions() -> None:
    found = read_inputs("FP64[2], none, 3")
    assert isinstance(found, tuple)
    assert found[0].dtype == torch.float64
    assert found[1:] == (None, 3)


def test_a_tensor_without_dimensions() -> None:
    (found,) = read_inputs("INT64[]")
    assert found.shape == ()


def test_integers_below_a_limit() -> None:
    (found,) = read_inputs("INT64[1000]<30522")
    assert 1000 < found.max() < 30522
    assert found.min() >= 0
    (small,) = read_inputs("INT32[1000]")
    assert (small.min(), small.max()) == (0, 9)
    (truth,) = read_inputs("BOOL[100]")
    assert truth.any() and not truth.all()


def test_the_values_are_the_same_each_time() -> None:
    one, other = read_inputs("FP32[5]"), read_inputs("FP32[5]")
    assert torch.equal(one[0], other[0])


def test_an_npz_file(tmp_path: Path) -> None:
    path = tmp_path / "in.npz"
    np.savez(path, x=np.arange(3.0))
    found = read_inputs(str(path))
    assert isinstance(found, dict)
    assert found["x"].tolist() == [0.0, 1.0, 2.0]


def test_a_safetensors_file(tmp_path: Path) -> None:
    path = tmp_path / "in.safetensors"
    save_file({"ids": np.array([[1, 2]])}, path)
    found = read_inputs(str(path))
    assert isinstance(found, dict)
    value = found["ids"]
    assert isinstance(value, Tensor) and value.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x=FP32[1,3", "cannot read 'x=FP32[1,3'"),
        ("x=FP33[1]", "no dtype 'FP33'"),
        ("x=FP32[1,,3]", "a size is missing in 'FP32[1,,3]'"),
        ("x=FP32[1], 2", "give each entry a name of its own"),
        ("x=1, x=2", "give each entry a name of its own"),
        ("x=fast", "cannot read 'fast'"),
        ("missing.npz", "there is no file missing.npz"),
    ],
)
def test_texts_that_cannot_be_read(text: str, expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_inputs(text)
    assert expected in caught.value.message


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "in.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(UsageError, match="cannot read"):
        read_inputs(str(path))
