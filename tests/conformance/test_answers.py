"""Right answers to what is unusual: order, types, shapes, a photograph.

That each zoo model answers as eager PyTorch does is test_zoo.py's to show.
"""

import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import InferenceServerClient

from models.zoo.imagenet import labels, preprocess, sample_picture
from sconce_support.eager import assert_close, run_eager
from sconce_support.inference import infer_inputs, result_arrays


def infer(
    client: InferenceServerClient, model: str, arrays: dict[str, NDArray]
) -> dict[str, NDArray]:
    result = client.infer(model, infer_inputs(arrays), client_timeout=60)
    return result_arrays(result)


def normal(*shape: int, seed: int = 7) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    return generator.standard_normal(shape, dtype=np.float32)


def test_simple_adds_and_subtracts(client: InferenceServerClient) -> None:
    inputs = {
        "INPUT0": np.arange(48, dtype=np.int32).reshape(3, 16),
        "INPUT1": np.full((3, 16), 7, dtype=np.int32),
    }
    outputs = infer(client, "simple", inputs)
    assert list(outputs) == ["OUTPUT0", "OUTPUT1"]
    np.testing.assert_array_equal(
        outputs["OUTPUT0"], inputs["INPUT0"] + inputs["INPUT1"]
    )
    np.testing.assert_array_equal(
        outputs["OUTPUT1"], inputs["INPUT0"] - inputs["INPUT1"]
    )


def test_inputs_may_come_in_any_order(client: InferenceServerClient) -> None:
    inputs = {"h": normal(2, 4), "x": normal(2, 6)}
    assert_close(
        infer(client, "tuple_output", inputs),
        run_eager("tuple_output", inputs),
    )


def test_photograph_is_a_military_uniform(
    client: InferenceServerClient,
) -> None:
    inputs = {"inputs": preprocess(sample_picture())}
    outputs = infer(client, "efficientnet_lite0", inputs)
    assert_close(outputs, run_eager("efficientnet_lite0", inputs))
    (logits,) = outputs.values()
    assert labels()[int(logits[0].argmax())] == "military uniform"
    odds = np.exp(logits[0] - logits[0].max())
    assert (odds / odds.sum()).max() == pytest.approx(0.46, abs=0.01)


def test_identity_of_602112_bytes_is_exact(
    client: InferenceServerClient,
) -> None:
    image = normal(1, 3, 224, 224)
    assert image.nbytes == 602_112
    (answer,) = infer(client, "identity", {"x": image}).values()
    assert answer.tobytes() == image.tobytes()


@pytest.mark.parametrize(
    "dtype",
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    "float16 float32 float64".split(),
)
def test_identity_of_every_data_type(
    client: InferenceServerClient, dtype: str
) -> None:
    values = np.random.default_rng(3).integers(0, 100, (2, 5))
    array = values.astype(dtype)
    (answer,) = infer(client, "identity", {"x": array}).values()
    assert answer.dtype == array.dtype
    np.testing.assert_array_equal(answer, array)


@pytest.mark.parametrize(
    "shape", [(), (0,), (1,), (0, 3), (2, 0, 4), (1, 1, 1, 1, 1, 1)]
)
def test_identity_of_unusual_shapes(
    client: InferenceServerClient, shape: tuple[int, ...]
) -> None:
    (answer,) = infer(client, "identity", {"x": normal(*shape)}).values()
    np.testing.assert_array_equal(answer, normal(*shape))


@pytest.mark.parametrize("model", ["mlp_scripted", "mlp_batched"])
def test_no_rows_in_no_rows_out(
    client: InferenceServerClient, model: str
) -> None:
    (answer,) = infer(client, model, {"x": normal(0, 32)}).values()
    assert answer.shape == (0, 8)


def test_identity_of_not_a_number(client: InferenceServerClient) -> None:
    special = np.array([np.nan, np.inf, -np.inf, -0.0], dtype=np.float32)
    (answer,) = infer(client, "identity", {"x": special}).values()
    assert answer.tobytes() == special.tobytes()
