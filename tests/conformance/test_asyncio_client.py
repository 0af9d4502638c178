"""The same answers through tritonclient's asyncio client."""

import asyncio

import numpy as np
import pytest
from tritonclient.grpc.aio import InferenceServerClient

from sconce_support.eager import assert_close, example, run_eager
from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess


@pytest.mark.parametrize(
    "model",
    ["simple", "mlp_traced", "tuple_output", "identity", "dict_output"],
)
async def test_example_inputs(server: ServerProcess, model: str) -> None:
    inputs = example(model)
    async with InferenceServerClient(server.grpc_address) as client:
        result = await client.infer(
            model, infer_inputs(inputs), client_timeout=60
        )
    assert_close(result_arrays(result), run_eager(model, inputs))


async def test_server_calls(server: ServerProcess) -> None:
    async with InferenceServerClient(server.grpc_address) as client:
        assert await client.is_server_live()
        assert await client.is_server_ready()
        assert await client.is_model_ready("simple", "1")
        metadata = await client.get_model_metadata("simple")
        assert metadata.name == "simple"


async def test_concurrent_requests_get_their_own_answers(
    server: ServerProcess,
) -> None:
    async with InferenceServerClient(server.grpc_address) as client:

        async def ask(number: int) -> None:
            inputs = {
                "INPUT0": np.full((1, 16), number, dtype=np.int32),
                "INPUT1": np.full((1, 16), 1, dtype=np.int32),
            }
            result = await client.infer(
                "simple", infer_inputs(inputs), request_id=str(number)
            )
            assert result.get_response().id == str(number)
            assert (result.as_numpy("OUTPUT0") == number + 1).all()

        await asyncio.gather(*(ask(number) for number in range(100)))
