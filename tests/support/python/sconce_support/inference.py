"""Requests and answers of tritonclient as plain dictionaries of arrays."""

from collections.abc import Mapping
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray
from tritonclient.grpc import InferInput, InferResult, service_pb2
from tritonclient.utils import np_to_triton_dtype

SERVICE = "inference.GRPCInferenceService"


def infer_inputs(arrays: Mapping[str, NDArray]) -> list[InferInput]:
    """The inputs of a tritonclient call; their bytes travel raw."""
    made = []
    for name, array in arrays.items():
        value = InferInput(name, array.shape, np_to_triton_dtype(array.dtype))
        # Not np.ascontiguousarray: it turns a scalar into a vector.
        made.append(value.set_data_from_numpy(np.asarray(array, order="C")))
    return made


def result_arrays(result: InferResult) -> dict[str, NDArray]:
    """All outputs in the order of the response."""
    outputs = result.get_response().outputs
    return {out.name: result.as_numpy(out.name) for out in outputs}


def raw_request(
    model: str, arrays: Mapping[str, NDArray], **fields: Any
) -> service_pb2.ModelInferRequest:
    """A request message to bend before it is sent; bytes travel raw."""
    request = service_pb2.ModelInferRequest(model_name=model, **fields)
    for name, array in arrays.items():
        request.inputs.add(
            name=name,
            datatype=np_to_triton_dtype(array.dtype),
            shape=array.shape,
        )
        request.raw_input_contents.append(array.tobytes())
    return request


def response_arrays(
    response: service_pb2.ModelInferResponse,
) -> dict[str, NDArray]:
    """All outputs of a response message in its order."""
    return result_arrays(InferResult(response))


def raw_method(
    channel: grpc.Channel, method: str
) -> grpc.UnaryUnaryMultiCallable:
    """A method of the inference service that takes and gives plain bytes."""
    return channel.unary_unary(f"/{SERVICE}/{method}")
