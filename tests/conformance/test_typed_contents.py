"""Requests that carry numbers in typed fields instead of raw bytes."""

from collections.abc import Sequence

import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.inference import response_arrays

Stub = service_pb2_grpc.GRPCInferenceServiceStub

# Data type on the wire -> field that carries it, extreme values.
TYPES: dict[str, tuple[str, Sequence[float]]] = {
    "BOOL": ("bool_contents", [True, False, True]),
    "INT8": ("int_contents", [-128, 0, 127]),
    "INT16": ("int_contents", [-(2**15), 0, 2**15 - 1]),
    "INT32": ("int_contents", [-(2**31), 0, 2**31 - 1]),
    "INT64": ("int64_contents", [-(2**63), 0, 2**63 - 1]),
    "UINT8": ("uint_contents", [0, 1, 255]),
    "UINT16": ("uint_contents", [0, 1, 2**16 - 1]),
    "UINT32": ("uint_contents", [0, 1, 2**32 - 1]),
    "UINT64": ("uint64_contents", [0, 1, 2**64 - 1]),
    "FP32": ("fp32_contents", [0.1, -3.4e38, 1.5]),
    "FP64": ("fp64_contents", [0.1, -1.7e308, 1.5]),
}


def typed_request(
    model: str,
    name: str,
    datatype: str,
    field: str,
    values: Sequence[float],
    shape: Sequence[int] | None = None,
) -> service_pb2.ModelInferRequest:
    request = service_pb2.ModelInferRequest(model_name=model)
    tensor = request.inputs.add(
        name=name, datatype=datatype, shape=shape or [len(values)]
    )
    getattr(tensor.contents, field).extend(values)
    return request


@pytest.mark.parametrize("datatype", TYPES)
def test_identity_of_typed_contents(stub: Stub, datatype: str) -> None:
    field, values = TYPES[datatype]
    request = typed_request("identity", "x", datatype, field, values)
    response = stub.ModelInfer(request, timeout=30)
    # The answer is raw even where the question was not.
    assert len(response.raw_output_contents) == 1
    (answer,) = response_arrays(response).values()
    np.testing.assert_array_equal(answer, np.array(values, answer.dtype))
    assert response.outputs[0].datatype == datatype


def test_simple_with_typed_contents(stub: Stub) -> None:
    request = service_pb2.ModelInferRequest(model_name="simple")
    for name, values in (("INPUT0", range(16)), ("INPUT1", [1] * 16)):
        tensor = request.inputs.add(name=name, datatype="INT32", shape=[1, 16])
        tensor.contents.int_contents.extend(values)
    outputs = response_arrays(stub.ModelInfer(request, timeout=30))
    np.testing.assert_array_equal(outputs["OUTPUT0"][0], np.arange(1, 17))
    np.testing.assert_array_equal(outputs["OUTPUT1"][0], np.arange(-1, 15))


def test_empty_typed_contents_for_an_empty_shape(stub: Stub) -> None:
    request = typed_request("identity", "x", "FP32", "fp32_contents", [], [0])
    response = stub.ModelInfer(request, timeout=30)
    assert list(response.outputs[0].shape) == [0]
    assert list(response.raw_output_contents) == [b""]
