"""Sequences: every one hears what a module of its own would have answered."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sconce import AsyncClient, Client
from sconce.client.errors import (
    DeadlineExceeded,
    FailedPrecondition,
    InvalidArgument,
    ResourceExhausted,
)

from models.zoo.repository import archive_path
from sconce_support.busy_lane import LONG_STEPS
from sconce_support.config_file import add_to_config, most_sequences
from sconce_support.eager import zoo_model
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

MODEL, RATE, CHUNKS = "silero_vad", 16_000, 12

Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def one(repository: MakeRepository, binary: Path) -> Iterator[ServerProcess]:
    """A server that keeps one sequence at a time: it tells whether the one
    before was ended."""
    folder = add_to_config(repository(MODEL), MODEL, most_sequences(1))
    with ServerProcess(
        [folder], "--model-probe=false", binary=binary
    ) as process:
        yield process


@pytest.fixture(scope="module")
def vad(one: ServerProcess) -> Iterator[Client]:
    with Client(one.grpc_address) as made:
        yield made


@pytest.fixture(scope="module")
def sound() -> Sound:
    random = np.random.default_rng(1)
    return 0.1 * random.standard_normal((CHUNKS, 1, 512), dtype=np.float32)


@pytest.fixture(scope="module")
def heard(zoo: Path, sound: Sound) -> list[list[list[float]]]:
    module = torch.jit.load(archive_path(zoo_model(MODEL), zoo))
    module.reset_states()
    with torch.no_grad():
        return [module(torch.from_numpy(x), RATE).tolist() for x in sound]


def test_one_request_after_another(
    vad: Client, sound: Sound, heard: list
) -> None:
    for _ in range(2):  # the second finds room: the first has ended
        with vad.model(MODEL).sequence() as sequence:
            answers = [sequence(x, RATE).tolist() for x in sound]
        assert answers == heard


def test_the_last_request_ends_it(
    vad: Client, sound: Sound, heard: list
) -> None:
    with vad.model(MODEL).sequence("mine") as sequence:
        assert sequence(sound[0], RATE).tolist() == heard[0]
        assert sequence(x=sound[1], sr=RATE, last=True).tolist() == heard[1]
        with vad.model(MODEL).sequence() as other:  # there is room
            assert other(sound[0], RATE).tolist() == heard[0]
        with pytest.raises(FailedPrecondition, match="mine has ended"):
            sequence(sound[2], RATE)


@pytest.mark.parametrize("ahead", [1, 5, 100])
def test_many_requests_on_their_way(
    vad: Client, sound: Sound, heard: list, ahead: int
) -> None:
    with vad.model(MODEL).sequence() as sequence:
        chunks = ((x, RATE) for x in sound)
        answers = [each.tolist() for each in sequence.map(chunks, ahead)]
    assert answers == heard


def test_chunks_by_name_and_none_at_all(
    vad: Client, sound: Sound, heard: list
) -> None:
    with vad.model(MODEL).sequence() as sequence:
        assert list(sequence.map([])) == []
        chunk = {"x": sound[0], "sr": RATE}
        (answer,) = sequence.map([chunk])
    assert answer.tolist() == heard[0]


def test_a_refused_request_changes_nothing(
    vad: Client, sound: Sound, heard: list
) -> None:
    with vad.model(MODEL).sequence() as sequence:
        with pytest.raises(InvalidArgument, match="too short"):
            sequence(sound[0][:, :9], RATE)
        assert sequence(sound[0], RATE).tolist() == heard[0]
        with pytest.raises(InvalidArgument, match="too short"):
            sequence(sound[0][:, :9], RATE)
        assert sequence(sound[1], RATE).tolist() == heard[1]


def test_an_error_with_others_behind_it_ends_the_sequence(
    vad: Client, sound: Sound
) -> None:
    chunks = [(sound[0], RATE), (sound[0][:, :9], RATE), (sound[1], RATE)]
    with vad.model(MODEL).sequence() as sequence:
        with pytest.raises(InvalidArgument, match="too short"):
            list(sequence.map(chunks))
        with pytest.raises(FailedPrecondition, match="in doubt since"):
            sequence(sound[1], RATE)
    with vad.model(MODEL).sequence(sequence.id) as again:
        again(sound[0], RATE, last=True)


def test_answers_that_were_not_taken_are_nobody_s(
    vad: Client, sound: Sound, heard: list
) -> None:
    with vad.model(MODEL).sequence() as sequence:
        for answer in sequence.map([(x, RATE) for x in sound[:9]], ahead=4):
            assert answer.tolist() == heard[0]
            break
        with pytest.raises(FailedPrecondition, match="3 answers of map"):
            sequence(sound[0], RATE)
        with pytest.raises(FailedPrecondition, match="3 answers of map"):
            next(sequence.map([(sound[0], RATE)]))
    with vad.model(MODEL).sequence() as sequence:  # it was ended all the same
        assert sequence(sound[0], RATE).tolist() == heard[0]


def test_one_sequence_too_many(vad: Client, sound: Sound) -> None:
    model = vad.model(MODEL)
    with model.sequence() as first, model.sequence() as second:
        first(sound[0], RATE)
        with pytest.raises(ResourceExhausted):
            second(sound[0], RATE)


def test_an_error_in_the_block_ends_it_too(vad: Client, sound: Sound) -> None:
    with pytest.raises(ZeroDivisionError):
        with vad.model(MODEL).sequence() as sequence:
            sequence(sound[0], RATE)
            raise ZeroDivisionError
    with vad.model(MODEL).sequence() as sequence:
        sequence(sound[0], RATE)


def test_a_deadline_is_kept(client: Client) -> None:
    with client.model("slow").sequence() as sequence:
        with pytest.raises(DeadlineExceeded):
            sequence(np.array([LONG_STEPS]), timeout=0.05)
        with pytest.raises(FailedPrecondition, match="in doubt since"):
            sequence(np.array([1]))


async def test_asyncio(one: ServerProcess, sound: Sound, heard: list) -> None:
    async with AsyncClient(one.grpc_address) as client:
        model = client.model(MODEL)
        async with model.sequence() as sequence:
            first = [(await sequence(x, RATE)).tolist() for x in sound[:3]]
            with pytest.raises(InvalidArgument, match="too short"):
                await sequence(sound[0][:, :9], RATE)
            chunks = [(x, RATE) for x in sound[3:]]
            rest = [each.tolist() async for each in sequence.map(chunks, 4)]
        assert first + rest == heard
        async with model.sequence() as sequence:
            answer = await sequence(sound[0], RATE)
            assert answer.tolist() == heard[0]
        async with model.sequence() as sequence:
            chunks = [(x, RATE) for x in sound]
            async for answer in sequence.map(chunks, 2):
                break
            with pytest.raises(FailedPrecondition, match="answers of map"):
                await sequence(sound[0], RATE)


async def test_a_deadline_of_asyncio(server: ServerProcess) -> None:
    async with AsyncClient(server.grpc_address) as client:
        async with client.model("slow").sequence() as sequence:
            with pytest.raises(DeadlineExceeded):
                await sequence(np.array([LONG_STEPS]), timeout=0.05)


async def test_a_task_that_is_cancelled(
    one: ServerProcess, sound: Sound
) -> None:
    async with AsyncClient(one.grpc_address) as client:
        async with client.model(MODEL).sequence() as sequence:
            await sequence(sound[0], RATE)
            with pytest.raises(asyncio.TimeoutError):
                # No time at all: it is sent, and cancelled while it waits.
                await asyncio.wait_for(sequence(sound[1], RATE), 0.0001)
            # Nobody gets the answer to the request before.
            with pytest.raises(FailedPrecondition, match="interrupted"):
                await sequence(sound[2], RATE)
