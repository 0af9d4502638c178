"""A user's program on MLServer's codecs, run by the Python that has them.

Reads an address from the command line, sends what its codecs encode through
ModelInfer, and prints, as JSON, what they decode from the answers.
"""

import json
import sys
from typing import Any

import grpc
import numpy as np
import pandas as pd
from mlserver import types
from mlserver.codecs import (
    Base64Codec,
    NumpyCodec,
    NumpyRequestCodec,
    PandasCodec,
    StringCodec,
    StringRequestCodec,
)
from mlserver.grpc import converters
from mlserver.grpc import dataplane_pb2_grpc as dataplane


class Client:
    """Converts to messages and back as MLServer does."""

    def __init__(self, address: str) -> None:
        channel = grpc.insecure_channel(address)
        self._stub = dataplane.GRPCInferenceServiceStub(channel)

    def infer(
        self, model: str, request: types.InferenceRequest, raw: bool
    ) -> types.InferenceResponse:
        message = converters.ModelInferRequestConverter.from_types(
            request, model_name=model, model_version=None, use_raw=raw
        )
        return converters.ModelInferResponseConverter.to_types(
            self._stub.ModelInfer(message, timeout=60)
        )

    def refusal(self, model: str, request: types.InferenceRequest) -> str:
        try:
            self.infer(model, request, raw=True)
        except grpc.RpcError as error:
            return f"{error.code().name}: {error.details()}"
        return "no error"


def numbers(client: Client, raw: bool) -> dict[str, Any]:
    """Arrays of several types through `identity`, as they come back."""
    answers = {}
    for dtype in ("float32", "float64", "int64", "int32", "uint8", "bool"):
        array = np.arange(6).reshape(2, 3).astype(dtype)
        request = types.InferenceRequest(
            inputs=[NumpyCodec.encode_input("x", array)]
        )
        response = client.infer("identity", request, raw)
        answer = NumpyCodec.decode_output(response.outputs[0])
        answers[dtype] = [str(answer.dtype), answer.tolist()]
    return answers


def request_codec(client: Client, raw: bool) -> list[float]:
    """A request of one array: what MLServer calls a request codec."""
    array = np.linspace(-1, 1, 32, dtype=np.float32).reshape(1, 32)
    request = NumpyRequestCodec.encode_request(array)
    request.inputs[0].name = "x"
    response = client.infer("mlp", request, raw)
    return NumpyRequestCodec.decode_response(response).flatten().tolist()


def strings(client: Client, raw: bool) -> list[str]:
    payload = ["he\0llo", "", "häßlich"]
    request = StringRequestCodec.encode_request(payload)
    request.inputs[0].name = "s"
    response = client.infer("echo", request, raw)
    decoded: list[str] = StringCodec.decode_output(response.outputs[0])
    return decoded


def base64(client: Client, raw: bool) -> str:
    """Bytes travel as their base64, which is text to the model."""
    request = types.InferenceRequest(
        inputs=[Base64Codec.encode_input("s", [b"\x00\xff"])]
    )
    response = client.infer("echo", request, raw)
    return repr(Base64Codec.decode_output(response.outputs[0]))


def data_frame(client: Client, raw: bool) -> list[int]:
    """A data frame: an input for each of its columns."""
    frame = pd.DataFrame({"a": [1, 2], "b": [10, 20]}, dtype="int64")
    request = PandasCodec.encode_request(frame)
    response = client.infer("columns", request, raw)
    decoded = NumpyCodec.decode_output(response.outputs[0])
    return decoded.flatten().tolist()


def main() -> None:
    client = Client(sys.argv[1])
    answers: dict[str, Any] = {}
    for raw in (False, True):
        answers["raw" if raw else "typed"] = {
            use.__name__: use(client, raw)
            for use in (numbers, request_codec, strings, base64, data_frame)
        }
    wrong = types.InferenceRequest(
        inputs=[NumpyCodec.encode_input("y", np.zeros((1, 1)))]
    )
    answers["refusal"] = client.refusal("mlp", wrong)
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
