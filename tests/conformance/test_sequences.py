"""State that belongs to a sequence: stateful models never mix their clients.

silero-vad (Z13's kind of model, from its own package) hears audio in chunks and
remembers what it heard. Answers have to be the very bits of a module that only
one stream uses.
"""

import queue
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from models.zoo import ZOO
from models.zoo.repository import archive_path
from sconce_support.config_file import add_to_config, most_sequences
from sconce_support.eager import zoo_model
from sconce_support.fake_devices import MakeServer
from sconce_support.inference import infer_inputs
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

MODEL = "silero_vad"
RATES = {16_000: 512, 8_000: 256}  # samples a chunk
CHUNKS = 20

assert MODEL in ZOO

Chunks = Sequence[NDArray[np.float32]]


@pytest.fixture(scope="module")
def vad_server(
    repository: MakeRepository, make_server: MakeServer
) -> Iterator[ServerProcess]:
    folder = add_to_config(repository(MODEL), MODEL, most_sequences(3))
    with make_server([folder], "--lanes", "2") as process:
        yield process


@pytest.fixture(scope="module")
def vad(vad_server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(vad_server.grpc_address) as made:
        yield made


@pytest.fixture(scope="module")
def module(zoo: Path) -> torch.jit.ScriptModule:
    return torch.jit.load(archive_path(zoo_model(MODEL), zoo))


def sound(rate: int, seed: int) -> Chunks:
    random = np.random.default_rng(seed)
    shape = (CHUNKS, 1, RATES[rate])
    return list(0.1 * random.standard_normal(shape, dtype=np.float32))


def heard_alone(
    module: torch.jit.ScriptModule, chunks: Chunks, rate: int
) -> list[NDArray[np.float32]]:
    module.reset_states()
    with torch.no_grad():
        return [module(torch.from_numpy(x), rate).numpy() for x in chunks]


def ask(
    client: InferenceServerClient,
    chunk: NDArray[np.float32],
    rate: int = 16_000,
    **sequence: int | str | bool,
) -> NDArray[np.float32]:
    result = client.infer(
        MODEL, infer_inputs({"x": chunk}), parameters={"sr": rate}, **sequence
    )
    answer = result.as_numpy("output_0")
    assert answer is not None
    return answer


def place(number: int) -> dict[str, bool]:
    return {
        "sequence_start": number == 0,
        "sequence_end": number == CHUNKS - 1,
    }


@pytest.mark.parametrize("rate", RATES)
def test_interleaved_streams_are_bit_equal_to_separate_ones(
    vad: InferenceServerClient, module: torch.jit.ScriptModule, rate: int
) -> None:
    streams = {7: sound(rate, 1), "7": sound(rate, 2)}  # both are called 7
    answers: dict[int | str, list[NDArray[np.float32]]] = {7: [], "7": []}
    for number in range(CHUNKS):
        for name, chunks in streams.items():
            answer = ask(
                vad, chunks[number], rate, sequence_id=name, **place(number)
            )
            answers[name].append(answer)
    for name, chunks in streams.items():
        np.testing.assert_array_equal(
            answers[name], heard_alone(module, chunks, rate)
        )


@pytest.mark.parametrize("rate", RATES)
def test_streams_at_the_same_time_are_too(
    vad: InferenceServerClient, module: torch.jit.ScriptModule, rate: int
) -> None:
    def hear(name: int) -> list[NDArray[np.float32]]:
        return [
            ask(vad, chunk, rate, sequence_id=name, **place(number))
            for number, chunk in enumerate(sound(rate, name))
        ]

    names = [11, 12, 13]
    with ThreadPoolExecutor(len(names)) as pool:
        answers = list(pool.map(hear, names))
    for name, answer in zip(names, answers, strict=True):
        np.testing.assert_array_equal(
            answer, heard_alone(module, sound(rate, name), rate)
        )


@pytest.mark.parametrize("rate", RATES)
def test_one_stream_carries_two_sequences_in_order(
    vad_server: ServerProcess, module: torch.jit.ScriptModule, rate: int
) -> None:
    """ModelStreamInfer: all chunks are sent before the first answer is read."""
    answers: queue.Queue = queue.Queue()
    streams = {21: sound(rate, 3), 22: sound(rate, 4)}
    with InferenceServerClient(vad_server.grpc_address) as client:
        client.start_stream(lambda result, error: answers.put((result, error)))
        for number in range(CHUNKS):
            for name, chunks in streams.items():
                client.async_stream_infer(
                    MODEL,
                    infer_inputs({"x": chunks[number]}),
                    parameters={"sr": rate},
                    sequence_id=name,
                    request_id=f"{name}-{number}",
                    **place(number),
                )
        received: dict[int, list[NDArray]] = {name: [] for name in streams}
        for number in range(CHUNKS):
            for name in streams:
                result, error = answers.get(timeout=60)
                assert error is None
                assert result.get_response().id == f"{name}-{number}"
                received[name].append(result.as_numpy("output_0"))
        client.stop_stream()
    for name, chunks in streams.items():
        np.testing.assert_array_equal(
            received[name], heard_alone(module, chunks, rate)
        )


def test_without_a_sequence_each_request_starts_anew(
    vad: InferenceServerClient, module: torch.jit.ScriptModule
) -> None:
    chunk = sound(16_000, 5)[0]
    expected = heard_alone(module, [chunk], 16_000)[0]
    for _ in range(3):
        np.testing.assert_array_equal(ask(vad, chunk), expected)


def test_a_failed_request_leaves_the_sequence_as_it_was(
    vad: InferenceServerClient, module: torch.jit.ScriptModule
) -> None:
    chunks = sound(16_000, 6)[:2]
    first = ask(vad, chunks[0], sequence_id=31, sequence_start=True)
    with pytest.raises(InferenceServerException, match="INVALID_ARGUMENT"):
        ask(vad, chunks[1][:, :100], sequence_id=31)
    second = ask(vad, chunks[1], sequence_id=31, sequence_end=True)
    np.testing.assert_array_equal(
        [first, second], heard_alone(module, chunks, 16_000)
    )


def test_a_sequence_has_to_start(vad: InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException) as caught:
        ask(vad, sound(16_000, 7)[0], sequence_id=99)
    assert caught.value.status() == "StatusCode.INVALID_ARGUMENT"
    assert caught.value.message() == (
        "sequence 99 of model 'silero_vad' has not started, has ended, was "
        "idle for more than 1m, or began before the model was reloaded; its "
        "first request must specify "
        "sequence_start = true"
    )


def test_and_cannot_go_on_after_its_end(vad: InferenceServerClient) -> None:
    chunk = sound(16_000, 8)[0]
    ask(vad, chunk, sequence_id=41, sequence_start=True, sequence_end=True)
    with pytest.raises(InferenceServerException, match="INVALID_ARGUMENT"):
        ask(vad, chunk, sequence_id=41)


def test_live_sequences_are_limited(vad: InferenceServerClient) -> None:
    chunk = sound(16_000, 9)[0]
    names = [51, 52, 53]
    for name in names:
        ask(vad, chunk, sequence_id=name, sequence_start=True)
    with pytest.raises(InferenceServerException) as caught:
        ask(vad, chunk, sequence_id=54, sequence_start=True)
    assert caught.value.status() == "StatusCode.RESOURCE_EXHAUSTED"
    assert caught.value.message() == (
        "sequence 54 of model 'silero_vad' cannot start: 3 sequences live, and "
        "the limit is 3; end others with sequence_end = true or try again later"
    )
    for name in names:
        ask(vad, chunk, sequence_id=name, sequence_end=True)


def test_other_methods_share_the_sequence(
    vad: InferenceServerClient, module: torch.jit.ScriptModule
) -> None:
    chunks = sound(16_000, 10)[:2]
    ask(vad, chunks[0], sequence_id=61, sequence_start=True)
    vad.infer(f"{MODEL}:reset_states", [], sequence_id=61)
    answer = ask(vad, chunks[1], sequence_id=61, sequence_end=True)
    expected = heard_alone(module, chunks[1:], 16_000)[0]
    np.testing.assert_array_equal(answer, expected)
