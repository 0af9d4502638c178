"""Many clients, models, shapes and sizes at once; every answer is checked."""

import asyncio
import random
from collections.abc import Iterator

import grpc
import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.eager import assert_close, run_eager
from sconce_support.inference import raw_request, response_arrays
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

REQUESTS = 600
CONNECTIONS = 4

Stub = service_pb2_grpc.GRPCInferenceServiceStub


@pytest.fixture(scope="module")
def busy(repository: MakeRepository) -> Iterator[ServerProcess]:
    models = ("mlp_batched", "identity_batched", "simple", "tuple_output")
    with ServerProcess([repository(*models)]) as process:
        yield process


class Load:
    """Random requests, and the right answer to each."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.makers = (
            ("mlp_batched", self._mlp),
            ("identity_batched", self._identity),
            ("simple", self._simple),
            ("tuple_output", self._tuple),
        )

    def next(self) -> tuple[str, dict[str, NDArray]]:
        model, make = self.dice.choice(self.makers)
        return model, make()

    def _mlp(self) -> dict[str, NDArray]:
        return {"x": self._normal(self.dice.randint(0, 16), 32)}

    def _identity(self) -> dict[str, NDArray]:
        width = self.dice.choice([1, 2, 3, 1000])
        return {"x": self._normal(self.dice.randint(1, 8), width)}

    def _simple(self) -> dict[str, NDArray]:
        rows = self.dice.randint(1, 8)
        return {
            name: self.numbers.integers(-99, 99, (rows, 16), dtype=np.int32)
            for name in ("INPUT0", "INPUT1")
        }

    def _tuple(self) -> dict[str, NDArray]:
        rows = self.dice.randint(1, 4)
        return {"x": self._normal(rows, 6), "h": self._normal(rows, 4)}

    def _normal(self, *shape: int) -> NDArray[np.float32]:
        return self.numbers.standard_normal(shape, dtype=np.float32)


async def test_every_answer_belongs_to_its_request(
    busy: ServerProcess,
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    load = Load(seed)
    jobs = [load.next() for _ in range(REQUESTS)]
    channels = [
        grpc.aio.insecure_channel(
            busy.grpc_address, options=[("grpc.use_local_subchannel_pool", 1)]
        )
        for _ in range(CONNECTIONS)
    ]

    async def ask(
        number: int, model: str, inputs: dict[str, NDArray]
    ) -> service_pb2.ModelInferResponse:
        stub = Stub(channels[number % CONNECTIONS])
        request = raw_request(model, inputs, id=str(number))
        return await stub.ModelInfer(request, timeout=60)

    responses = await asyncio.gather(
        *(ask(number, *job) for number, job in enumerate(jobs))
    )
    for channel in channels:
        await channel.close()
    for number, (model, inputs) in enumerate(jobs):
        assert responses[number].id == str(number)
        outputs = response_arrays(responses[number])
        assert_close(outputs, run_eager(model, inputs))
