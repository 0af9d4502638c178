"""wire_tensor(): anything that holds numbers, as bytes of the wire."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from sconce.client.datatypes import array_of, bf16_bytes
from sconce.client.errors import Error, InvalidInput
from sconce.client.metadata import TensorInfo
from sconce.client.tensors import wire_tensor

ANY = TensorInfo("x")


def sent(value: object, info: TensorInfo = ANY) -> tuple[str, Any]:
    """Data type and values as a server reads them."""
    tensor = wire_tensor("x", value, info)
    array = array_of("x", tensor.datatype, list(tensor.shape), tensor.raw)
    return tensor.datatype, array.tolist()


class OnlyDlpack:
    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __dlpack__(self, **options: Any) -> Any:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


SQUARE = np.arange(4, dtype=np.float32).reshape(2, 2)


@pytest.mark.parametrize(
    "value",
    [
        SQUARE,
        SQUARE.T.copy().T,
        np.repeat(SQUARE, 2, axis=1)[:, ::2],
        SQUARE.astype(">f4"),
        torch.from_numpy(SQUARE),
        torch.from_numpy(SQUARE).requires_grad_(),
        torch.from_numpy(SQUARE.T.copy()).T,
        OnlyDlpack(SQUARE),
        memoryview(SQUARE).obj,
    ],
)
def test_arrays_of_all_sorts(value: object) -> None:
    assert sent(value) == ("FP32", [[0, 1], [2, 3]])


@pytest.mark.parametrize(
    ("value", "datatype", "wanted", "values"),
    [
        (3, "", "INT64", 3),
        (3, "FP32", "FP32", 3.0),
        (3, "UINT8", "UINT8", 3),
        (0.5, "", "FP64", 0.5),
        (0.5, "FP16", "FP16", 0.5),
        (0.5, "INT64", "FP64", 0.5),  # for the server to refuse
        (True, "", "BOOL", True),
        (1, "BOOL", "INT64", 1),
        ([[1, 2], [3, 4]], "FP32", "FP32", [[1, 2], [3, 4]]),
        ([], "INT32", "INT32", []),
        ("text", "", "BYTES", "text"),
        (["a", b"b"], "BYTES", "BYTES", ["a", "b"]),
        ([1.5], "BF16", "BF16", [1.5]),
    ],
)
def test_python_values_take_the_model_s_type(
    value: object, datatype: str, wanted: str, values: Any
) -> None:
    assert sent(value, TensorInfo("x", datatype)) == (wanted, values)


def test_a_number_for_a_vector_has_one_element() -> None:
    assert wire_tensor("x", 3, TensorInfo("x", "INT64", (1,))).shape == (1,)
    assert wire_tensor("x", 3, TensorInfo("x", "INT64")).shape == ()


def test_an_array_keeps_its_type() -> None:
    assert sent(np.zeros(1), TensorInfo("x", "FP32"))[0] == "FP64"


def test_bfloat16_of_torch_and_of_ml_dtypes() -> None:
    tensor = torch.tensor([1.5, -0.0, 3e38], dtype=torch.bfloat16)
    wanted = ("BF16", tensor.tolist())
    assert sent(tensor) == wanted
    array = tensor.float().numpy().astype(ml_dtypes.bfloat16)
    assert sent(array) == wanted


def test_float32_is_rounded_to_bfloat16_as_torch_does() -> None:
    random = np.random.default_rng(0)
    bits = random.integers(0, 2**32, 100_000, dtype=np.uint32)
    special = np.array([np.inf, -np.inf, 3.4e38, 0.0, -0.0], np.float32)
    values = np.concatenate([bits.view(np.float32), special])
    values = values[~np.isnan(values)]
    torch_bits = torch.from_numpy(values).bfloat16().view(torch.int16).numpy()
    assert bf16_bytes(values) == torch_bits.tobytes()
    back = array_of("x", "BF16", [2], bf16_bytes(np.float32([np.nan, 1])))
    assert np.isnan(back[0]) and back[1] == 1
    loud = np.array([0x7F800001, 0xFFFFFFFF], np.uint32).view(np.float32)
    assert np.isnan(array_of("x", "BF16", [2], bf16_bytes(loud))).all()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (object(), "a object is no tensor"),
        ([[1], [2, 3]], "equally long lists"),
        (np.zeros(2, np.complex64), "complex64 cannot be sent"),
        (np.array([1, "a"], dtype=object), "an element is a int"),
        (torch.zeros(2).to_sparse(), "cannot be made an array"),
        (torch.zeros(2, device="meta"), "cannot be made an array"),
    ],
)
def test_what_is_no_tensor_is_told_by_name(value: Any, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        wire_tensor("boxes", value, ANY)
    assert 'input "boxes"' in caught.value.message
    assert "\n" not in caught.value.message


def test_a_number_that_does_not_fit() -> None:
    with pytest.raises(InvalidInput, match="300 does not fit uint8"):
        wire_tensor("x", [300], TensorInfo("x", "UINT8"))


@pytest.mark.parametrize(
    ("datatype", "raw"),
    [("FP32", b"abc"), ("FP99", b""), ("BYTES", b"\x01\0"), ("BF16", b"a")],
)
def test_a_broken_answer_is_an_error(datatype: str, raw: bytes) -> None:
    with pytest.raises(Error) as caught:
        array_of("y", datatype, [1], raw)
    assert caught.value.code == "INTERNAL"
