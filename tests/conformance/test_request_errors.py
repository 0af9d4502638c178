"""Wrong requests: the exact code, and a message that names what is wrong.

Each case is a right request with one thing bent. The message has to name the
thing and both values, what was expected and what came.
"""

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2_grpc

from request_cases import CASES, INVALID, Request, set_shape
from sconce_support.eager import example
from sconce_support.inference import raw_request

Stub = service_pb2_grpc.GRPCInferenceServiceStub


def right_request() -> Request:
    return raw_request("simple", example("simple"))


def refusal(stub: Stub, request: Request) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as caught:
        stub.ModelInfer(request, timeout=30)
    return caught.value


def test_the_unbent_request_is_right(stub: Stub) -> None:
    assert stub.ModelInfer(right_request(), timeout=30).model_name == "simple"


@pytest.mark.parametrize("name", CASES)
def test_wrong_request(stub: Stub, name: str) -> None:
    case = CASES[name]
    request = right_request()
    case.bend(request)
    error = refusal(stub, request)
    assert error.code() == case.code, error.details()
    for text in case.mentions:
        assert text in error.details()
    # One sentence for people: no folders, no stack traces.
    assert "/" not in error.details()
    assert "\n" not in error.details()
    # And the connection, the model and the server are none the worse.
    assert stub.ModelInfer(right_request(), timeout=30).model_name == "simple"


@pytest.mark.parametrize(
    "shape",
    [(2**62, 2**62), (2**63 - 1,), (2**32, 2**32), (-1,), (0, -(2**63))],
    ids=str,
)
def test_shapes_that_cannot_be(stub: Stub, shape: tuple[int, ...]) -> None:
    request = raw_request("identity", {"x": np.zeros(4, dtype=np.float32)})
    set_shape(request, 0, *shape)
    error = refusal(stub, request)
    assert error.code() == INVALID, error.details()
    assert "'x'" in error.details()


def test_the_models_own_refusal_reaches_the_client(stub: Stub) -> None:
    negative = np.array([[-1.0, 0.0, 1.0]], dtype=np.float32)
    error = refusal(stub, raw_request("refusing", {"x": negative}))
    assert error.code() == INVALID
    assert "no square root of a negative number" in error.details()
    for leak in ("Traceback", ".py", "\n", "/"):
        assert leak not in error.details()
    right = stub.ModelInfer(
        raw_request("refusing", {"x": -negative.clip(max=0)}), timeout=30
    )
    assert right.model_name == "refusing"


@pytest.mark.parametrize("model", ["mlp_scripted", "mlp_traced"])
def test_a_shape_the_model_cannot_take(stub: Stub, model: str) -> None:
    # Nothing declares this shape: the model itself finds out.
    narrow = np.zeros((1, 31), dtype=np.float32)
    error = refusal(stub, raw_request(model, {"x": narrow}))
    assert error.code() == INVALID, error.details()
    assert "31" in error.details()
    assert "32" in error.details()
    assert "Traceback" not in error.details()
