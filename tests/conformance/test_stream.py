"""ModelStreamInfer through tritonclient, blocking and asyncio."""

import queue
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import (
    InferenceServerClient,
    InferResult,
    service_pb2,
    service_pb2_grpc,
)
from tritonclient.grpc.aio import InferenceServerClient as AsyncioClient
from tritonclient.utils import InferenceServerException

from sconce_support.eager import assert_close, example, run_eager
from sconce_support.inference import (
    infer_inputs,
    raw_request,
    response_arrays,
    result_arrays,
)
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

Stub = service_pb2_grpc.GRPCInferenceServiceStub
Arrays = dict[str, NDArray[Any]]

MODELS = ("simple", "mlp_scripted", "tuple_output", "identity", "dict_output")


class Stream:
    """The one stream of a tritonclient; answers in the order they came."""

    def __init__(self, client: InferenceServerClient) -> None:
        self._client = client
        self._answers: queue.Queue[
            tuple[InferResult | None, InferenceServerException | None]
        ] = queue.Queue()

    def start(self, **options: Any) -> None:
        self._client.start_stream(
            lambda result, error: self._answers.put((result, error)),
            stream_timeout=60,
            **options,
        )

    def send(self, model: str, arrays: Arrays, **options: Any) -> None:
        self._client.async_stream_infer(
            model, infer_inputs(arrays), **options
        )

    def result(self) -> InferResult:
        result, error = self._answers.get(timeout=60)
        assert error is None, error
        assert result is not None
        return result

    def error(self) -> InferenceServerException:
        result, error = self._answers.get(timeout=60)
        assert result is None
        assert error is not None
        return error

    def is_empty(self) -> bool:
        return self._answers.empty()


@contextmanager
def open_stream(server: ServerProcess, **options: Any) -> Iterator[Stream]:
    with InferenceServerClient(server.grpc_address) as client:
        stream = Stream(client)
        stream.start(**options)
        yield stream
        client.stop_stream()  # half-closes and waits for the end
        assert stream.is_empty()


def simple_inputs(number: int) -> Arrays:
    return {
        "INPUT0": np.full((1, 16), number, dtype=np.int32),
        "INPUT1": np.full((1, 16), 1, dtype=np.int32),
    }


def test_answers_are_those_of_eager_torch(server: ServerProcess) -> None:
    inputs = {model: example(model) for model in MODELS}
    with open_stream(server) as stream:
        for model in MODELS:
            stream.send(model, inputs[model])
        for model in MODELS:
            answer = stream.result()
            assert answer.get_response().model_name == model
            assert answer.get_response().model_version == "1"
            outputs = result_arrays(answer)
            assert_close(outputs, run_eager(model, inputs[model]))


def test_200_requests_in_order(server: ServerProcess) -> None:
    with open_stream(server) as stream:
        for number in range(200):
            # Fast and slow ones: answers are ready in another order.
            stream.send("simple", simple_inputs(number), request_id=str(number))
            if number % 20 == 0:
                stream.send("mlp_scripted", example("mlp_scripted"))
        for number in range(200):
            answer = stream.result()
            assert answer.get_response().id == str(number)
            assert (answer.as_numpy("OUTPUT0") == number + 1).all()
            if number % 20 == 0:
                name = stream.result().get_response().model_name
                assert name == "mlp_scripted"


def test_a_large_tensor(server: ServerProcess) -> None:
    large = np.arange(8 * 2**20, dtype=np.float32)  # 32 MiB
    with open_stream(server) as stream:
        for _ in range(2):
            stream.send("identity", {"x": large})
            (answer,) = result_arrays(stream.result()).values()
            np.testing.assert_array_equal(answer, large)


def test_an_error_does_not_end_the_stream(server: ServerProcess) -> None:
    narrow = {"INPUT0": np.zeros((1, 16), dtype=np.int32)}
    with open_stream(server) as stream:
        stream.send("simple", simple_inputs(1))
        stream.send("simple", narrow)
        stream.send("nobody", simple_inputs(2))
        stream.send("refusing", {"x": np.array([[-1.0]], dtype=np.float32)})
        stream.send("simple", simple_inputs(3))
        assert (stream.result().as_numpy("OUTPUT0") == 2).all()
        assert "'INPUT1'" in stream.error().message()
        assert "'nobody'" in stream.error().message()
        assert "no square root of a negative" in stream.error().message()
        assert (stream.result().as_numpy("OUTPUT0") == 4).all()


def test_an_error_tells_whose_it_is(stub: Stub) -> None:
    request = raw_request("nobody", example("simple"), id="seventeen")
    (answer,) = stub.ModelStreamInfer(iter([request]), timeout=60)
    assert answer.error_message
    assert answer.infer_response == service_pb2.ModelInferResponse(
        id="seventeen", model_name="nobody"
    )


def test_asked_to_it_ends_with_the_first_error(server: ServerProcess) -> None:
    with open_stream(server, headers={"triton_grpc_error": "true"}) as stream:
        stream.send("simple", simple_inputs(1))
        assert (stream.result().as_numpy("OUTPUT0") == 2).all()
        stream.send("nobody", simple_inputs(2))
        error = stream.error()
        assert error.status() == "StatusCode.NOT_FOUND"
        assert "'nobody'" in error.message()


@pytest.mark.parametrize("asked", [True, False])
def test_the_final_response_is_marked(
    server: ServerProcess, asked: bool
) -> None:
    with open_stream(server) as stream:
        for number in range(3):
            stream.send(
                "simple",
                simple_inputs(number),
                enable_empty_final_response=asked,
            )
        for number in range(3):
            answer = stream.result()
            assert (answer.as_numpy("OUTPUT0") == number + 1).all()
            parameters = answer.get_response().parameters
            assert ("triton_final_response" in parameters) == asked
            if asked:
                assert parameters["triton_final_response"].bool_param


@pytest.mark.parametrize("sequence", [7, "seven"])
def test_a_model_without_state_answers_sequences(
    server: ServerProcess, sequence: int | str
) -> None:
    with open_stream(server) as stream:
        for number in range(3):
            stream.send(
                "simple",
                simple_inputs(number),
                sequence_id=sequence,
                sequence_start=number == 0,
                sequence_end=number == 2,
            )
        for number in range(3):
            answer = stream.result()
            assert (answer.as_numpy("OUTPUT0") == number + 1).all()


async def test_asyncio_client(server: ServerProcess) -> None:
    async def requests() -> AsyncIterator[dict[str, Any]]:
        for number in range(200):
            model = "nobody" if number == 100 else "simple"
            yield {
                "model_name": model,
                "inputs": infer_inputs(simple_inputs(number)),
                "request_id": str(number),
                "sequence_id": 7,
                "sequence_start": number == 0,
            }

    number = 0
    async with AsyncioClient(server.grpc_address) as client:
        answers = client.stream_infer(requests(), stream_timeout=60)
        async for result, error in answers:
            if number == 100:
                assert "'nobody'" in error.message()
            else:
                assert error is None
                assert result.get_response().id == str(number)
                assert (result.as_numpy("OUTPUT0") == number + 1).all()
            number += 1
    assert number == 200


def test_a_cancelled_stream_leaves_the_server_well(
    server: ServerProcess, stub: Stub
) -> None:
    for _ in range(20):
        with InferenceServerClient(server.grpc_address) as client:
            stream = Stream(client)
            stream.start()
            for number in range(100):
                stream.send("simple", simple_inputs(number))
            stream.result()
            client.stop_stream(cancel_requests=True)
    request = raw_request("simple", example("simple"))
    assert stub.ModelInfer(request, timeout=60).model_name == "simple"


def test_a_message_above_the_limit_ends_the_stream(
    repository: MakeRepository,
) -> None:
    flags = ("--max-message-size", "64KiB")
    with ServerProcess([repository("identity")], *flags) as server:
        with grpc.insecure_channel(server.grpc_address) as channel:
            small = np.zeros(4, dtype=np.float32)
            large = np.zeros(2**15, dtype=np.float32)
            answers = Stub(channel).ModelStreamInfer(
                iter([raw_request("identity", {"x": small}),
                      raw_request("identity", {"x": large})]),
                timeout=60,
            )
            with pytest.raises(grpc.RpcError) as caught:
                for answer in answers:
                    (got,) = response_arrays(answer.infer_response).values()
                    np.testing.assert_array_equal(got, small)
            assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_a_drain_ends_an_idle_stream(repository: MakeRepository) -> None:
    flags = ("--max-connection-age", "2s", "--drain-timeout", "60s")
    with ServerProcess([repository("simple")], *flags) as server:
        with InferenceServerClient(server.grpc_address) as client:
            stream = Stream(client)
            stream.start()
            stream.send("simple", simple_inputs(1))
            assert (stream.result().as_numpy("OUTPUT0") == 2).all()
            server.terminate()
            error = stream.error()
            assert error.status() == "StatusCode.UNAVAILABLE"
            assert "draining" in error.message()
            client.stop_stream()
        assert server.wait(30) == 0
