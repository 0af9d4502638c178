"""AsyncClient answers as Client does, many requests at a time."""

import asyncio

import numpy as np
import pytest
import torch
from sconce import AsyncClient
from sconce.client.errors import InvalidInput, NotFound, Unreachable

from models.zoo import Call
from sconce_support.eager import zoo_model
from sconce_support.server_process import ServerProcess
from tests.client.structure import assert_same
from tests.client.test_answers import eager


async def test_many_at_a_time(server: ServerProcess) -> None:
    random = np.random.default_rng(0)
    sizes = range(1, 21)
    inputs = [random.integers(0, 9, (1, 16), np.int32) for _ in sizes]
    async with AsyncClient(server.grpc_address) as client:
        model = client.model("simple")
        answers = await asyncio.gather(*(model(x, x) for x in inputs))
    for x, answer in zip(inputs, answers, strict=True):
        np.testing.assert_array_equal(answer["OUTPUT0"], x * 2)


async def test_structures_and_methods(server: ServerProcess) -> None:
    async with AsyncClient(server.grpc_address) as client:
        for name in ("nested_output", "namedtuple_output"):
            call = Call(zoo_model(name).inputs)
            answer = await client.model(name)(**call.inputs)
            assert_same(answer, eager(name, call))
        call = zoo_model("detector").unseen[1]
        model = client.model("detector").method(call.method)
        assert_same(await model(**call.inputs), eager("detector", call))


async def test_what_the_server_says_of_itself(server: ServerProcess) -> None:
    async with AsyncClient(
        server.grpc_address, management=server.management_address
    ) as client:
        assert await client.live() and await client.ready()
        assert await client.model("simple").ready()
        names = {each.name for each in await client.index()}
        assert names == {each.name for each in await client.management.models()}
        metadata = await client.model("simple").metadata()
        assert metadata.versions == ("1",)


async def test_errors(server: ServerProcess) -> None:
    async with AsyncClient(server.grpc_address) as client:
        with pytest.raises(NotFound, match="nosuch"):
            await client.model("nosuch")(1)
        with pytest.raises(InvalidInput, match="takes 2 arguments"):
            await client.model("simple")(1, 2, 3)
    async with AsyncClient("127.0.0.1:1") as client:
        with pytest.raises(Unreachable, match="refused"):
            await client.model("simple")(torch.zeros(1))
