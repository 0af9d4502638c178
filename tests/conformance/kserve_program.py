"""A user's program on the KServe SDK, run in a process of its own.

The SDK and tritonclient both register the protocol's messages under the same
names, so one process cannot import both. Reads inputs from an .npz file and
writes the outputs to another; readiness goes to standard output as JSON.
"""

import argparse
import asyncio
import json

import numpy as np
from kserve import InferenceGRPCClient, InferInput, InferRequest
from kserve.utils.numpy_codec import from_np_dtype


async def main() -> None:
    options = parse()
    async with InferenceGRPCClient(options.address, timeout=60) as client:
        ready = {
            "server_live": await client.is_server_live(),
            "server_ready": await client.is_server_ready(),
            "model_ready": await client.is_model_ready(options.model),
        }
        response = await client.infer(
            InferRequest(
                model_name=options.model,
                infer_inputs=read_inputs(options.inputs, options.raw),
                request_id="kserve-1",
            )
        )
    outputs = {out.name: out.as_numpy() for out in response.outputs}
    np.savez(options.outputs, **outputs)
    print(json.dumps({**ready, "id": response.id, "names": list(outputs)}))


def read_inputs(path: str, raw: bool) -> list[InferInput]:
    made = []
    with np.load(path) as arrays:
        for name, array in arrays.items():
            value = InferInput(
                name, list(array.shape), from_np_dtype(array.dtype)
            )
            value.set_data_from_numpy(array, binary_data=raw)
            made.append(value)
    return made


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--inputs", required=True)
    parser.add_argument("--outputs", required=True)
    parser.add_argument("--raw", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
