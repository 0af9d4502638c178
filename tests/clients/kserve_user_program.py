"""A user's program on the KServe SDK, run in a process of its own, because the
SDK registers the protocol's messages under the names that tritonclient's have.

Reads an address from the command line and prints, as JSON, what it was told.
"""

import asyncio
import json
import logging
import sys
from typing import Any

import grpc
import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest
from numpy.typing import NDArray

# A failed call is logged with its traceback as well as raised.
logging.disable(logging.ERROR)


def tensor(name: str, datatype: str, value: NDArray, raw: bool) -> InferInput:
    made = InferInput(name, list(value.shape), datatype)
    made.set_data_from_numpy(value, binary_data=raw)
    return made


def endless(steps: int) -> InferRequest:
    return InferRequest(
        model_name="endless",
        infer_inputs=[
            tensor("x", "FP32", np.zeros(1, np.float32), True),
            tensor("steps", "INT64", np.array([steps]), True),
        ],
    )


async def error_of(call: Any) -> str:
    try:
        await call
    except grpc.RpcError as error:
        return f"{error.code().name}: {error.details()}"
    return "no error"


async def strings(client: InferenceGRPCClient, raw: bool) -> list[str]:
    value = np.array([["he\0llo", "häßlich"]], dtype=np.object_)
    request = InferRequest(
        model_name="simple_identity",
        infer_inputs=[tensor("INPUT0", "BYTES", value, raw)],
    )
    response = await client.infer(request)
    output = response.get_output_by_name("OUTPUT0")
    return [text.decode() for text in output.as_numpy().flatten()]


async def timings(client: InferenceGRPCClient) -> dict[str, Any]:
    """Parameters there and back, and headers that mean nothing to us."""
    request = endless(3)
    request.parameters = {"timings": True}
    response = await client.infer(
        request, headers=(("x-request-id", "seventeen"),)
    )
    return {
        "names": sorted(response.parameters or {}),
        "value": response.outputs[0].as_numpy().tolist(),
        "version": response.model_version,
    }


async def many(client: InferenceGRPCClient) -> list[float]:
    """Sent at once; the answers have to be each caller's own."""
    answers = await asyncio.gather(
        *(client.infer(endless(steps)) for steps in range(50))
    )
    return [float(each.outputs[0].as_numpy()[0]) for each in answers]


async def large(client: InferenceGRPCClient) -> bool:
    value = np.arange(2 << 20, dtype=np.float32)
    request = InferRequest(
        model_name="identity", infer_inputs=[tensor("x", "FP32", value, True)]
    )
    response = await client.infer(request)
    return bool(np.array_equal(response.outputs[0].as_numpy(), value))


async def errors(client: InferenceGRPCClient) -> dict[str, str]:
    short = np.zeros((1, 3), np.int32)
    wrong = InferRequest(
        model_name="simple",
        infer_inputs=[tensor("INPUT0", "INT32", short, True),
                      tensor("INPUT1", "INT32", short, True)],
    )
    nobody = InferRequest(
        model_name="nobody",
        infer_inputs=[tensor("x", "INT32", short, False)],
    )
    return {
        "shape": await error_of(client.infer(wrong)),
        "model": await error_of(client.infer(nobody)),
        "deadline": await error_of(client.infer(endless(10**12), timeout=0.5)),
    }


async def main() -> None:
    unlimited = [("grpc.max_receive_message_length", -1),
                 ("grpc.max_send_message_length", -1)]
    async with InferenceGRPCClient(
        sys.argv[1], channel_args=unlimited
    ) as client:
        print(json.dumps({
            "ready": await client.is_model_ready("simple"),
            "unknown_ready": await client.is_model_ready("nobody"),
            "raw_strings": await strings(client, True),
            "typed_strings": await strings(client, False),
            "timings": await timings(client),
            "many": await many(client),
            "large": await large(client),
            "errors": await errors(client),
        }))


if __name__ == "__main__":
    asyncio.run(main())
