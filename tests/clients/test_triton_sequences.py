"""What tritonclient's simple_grpc_{aio_,}sequence_{stream,sync}_infer_client.py
do: sequences side by side, of numbers and of strings as ids."""

import queue
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
from tritonclient.grpc import (
    InferenceServerClient,
    InferInput,
    InferRequestedOutput,
    InferResult,
)
from tritonclient.grpc.aio import InferenceServerClient as AsyncioClient

from sconce_support.server_process import ServerProcess

VALUES = [11, 7, 5, 3, 2, 0, 1]
LARGE = 2**63 - 1000  # tritonclient sends ids as int64

Sequences = dict[int | str, list[int]]


def sequences(first: int) -> Sequences:
    """Three, whose first requests carry 0, 100 and 20."""
    negative = [-value for value in VALUES]
    return {
        first: [0, *VALUES],
        first + 1: [100, *negative],
        str(uuid.uuid4()): [20, *negative],
    }


def expected(sent: list[int]) -> list[int]:
    """`simple_sequence` adds one to the first value of a sequence."""
    return [sent[0] + 1, *sent[1:]]


def request(sequence: int | str, place: int, sent: list[int]) -> dict[str, Any]:
    value = np.full((1, 1), sent[place], dtype=np.int32)
    tensor = InferInput("INPUT", value.shape, "INT32")
    return {
        "model_name": "simple_sequence",
        "inputs": [tensor.set_data_from_numpy(value)],
        "outputs": [InferRequestedOutput("OUTPUT")],
        "request_id": f"{sequence}_{place + 1}",
        "sequence_id": sequence,
        "sequence_start": place == 0,
        "sequence_end": place == len(sent) - 1,
    }


def requests(
    asked: Sequences, *, interleaved: bool
) -> Iterator[dict[str, Any]]:
    length = len(VALUES) + 1
    places = [(key, i) for key in asked for i in range(length)]
    if interleaved:
        places = [(key, i) for i in range(length) for key in asked]
    for key, i in places:
        yield request(key, i, asked[key])


def value_of(result: InferResult) -> int:
    answer = result.as_numpy("OUTPUT")
    assert answer is not None
    assert answer.shape == (1, 1)
    return int(answer[0][0])


def sequence_of(result: InferResult) -> str:
    return str(result.get_response().id.rsplit("_", 1)[0])


def assert_answers(asked: Sequences, answered: dict[str, list[int]]) -> None:
    for key, sent in asked.items():
        assert answered[str(key)] == expected(sent), key


@pytest.mark.parametrize("first", [1000, LARGE])
@pytest.mark.parametrize("interleaved", [False, True])
def test_stream(
    server: ServerProcess, first: int, interleaved: bool
) -> None:
    asked = sequences(first)
    answers: queue.Queue[tuple[InferResult, object]] = queue.Queue()
    answered: dict[str, list[int]] = {str(key): [] for key in asked}
    with InferenceServerClient(server.grpc_address) as client:
        client.start_stream(
            callback=lambda result, error: answers.put((result, error)),
            stream_timeout=60,
        )
        for each in requests(asked, interleaved=interleaved):
            client.async_stream_infer(**each)
        for _ in range(3 * (len(VALUES) + 1)):
            result, error = answers.get(timeout=60)
            assert error is None, error
            answered[sequence_of(result)].append(value_of(result))
    assert_answers(asked, answered)


@pytest.mark.parametrize("interleaved", [False, True])
def test_sync(client: InferenceServerClient, interleaved: bool) -> None:
    asked = sequences(2000)
    answered: dict[str, list[int]] = {str(key): [] for key in asked}
    for each in requests(asked, interleaved=interleaved):
        result = client.infer(**each)
        answered[sequence_of(result)].append(value_of(result))
    assert_answers(asked, answered)


async def test_aio_stream(server: ServerProcess) -> None:
    asked = sequences(3000)
    answered: dict[str, list[int]] = {str(key): [] for key in asked}

    async def send() -> AsyncIterator[dict[str, Any]]:
        for each in requests(asked, interleaved=True):
            yield each

    async with AsyncioClient(server.grpc_address) as client:
        stream = client.stream_infer(send(), stream_timeout=60)
        async for result, error in stream:
            assert error is None
            answered[sequence_of(result)].append(value_of(result))
    assert_answers(asked, answered)


def test_a_model_that_accumulates(client: InferenceServerClient) -> None:
    totals: dict[int | str, int] = {4000: 0, "four": 0}
    for place, value in enumerate(VALUES):
        for key in totals:
            each = request(key, place, VALUES)
            result = client.infer(**{**each, "model_name": "accumulate"})
            totals[key] += value
            assert value_of(result) == totals[key]
