"""A rolling update loses nothing: load through a SIGTERM, twice over.

Instance A is told to go while instance B lives. Two clients send open-loop
load to both: one balances by round robin and watches health, as behind a
headless service; one sticks to the first address that works and knows of no
health, as most programs do. Neither has a retry policy. Not one request may
fail, in five rounds.
"""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sconce_support.busy_lane import slow_request
from sconce_support.model_cache import MakeRepository
from sconce_support.open_loop import OpenLoop
from sconce_support.server_process import ServerProcess

ROUNDS = 5
PER_SECOND = 100.0

# Some milliseconds for each request, so that some are always under way.
MODEL = "slow"
STEPS = 40

# The version that answers tells which instance it was.
A, B = "1", "2"

FLAGS = ("--max-connection-age", "1s", "--drain-timeout", "8s")

ROUND_ROBIN = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
    }
)
PICK_FIRST = json.dumps({"loadBalancingConfig": [{"pick_first": {}}]})


@pytest.fixture(scope="module")
def repository_a(repository: MakeRepository) -> Path:
    return repository(MODEL)


@pytest.fixture(scope="module")
def instance_b(repository: MakeRepository) -> Iterator[ServerProcess]:
    folder = repository(MODEL)
    (folder / MODEL / A).rename(folder / MODEL / B)
    with ServerProcess([folder], *FLAGS) as process:
        yield process


@pytest.mark.parametrize("number", range(1, ROUNDS + 1))
async def test_no_request_is_lost(
    repository_a: Path, instance_b: ServerProcess, number: int
) -> None:
    with ServerProcess([repository_a], *FLAGS) as instance_a:
        addresses = [instance_a.grpc_address, instance_b.grpc_address]
        async with AsyncExitStack() as stack:
            loops = [
                await stack.enter_async_context(loop)
                for loop in make_loops(addresses)
            ]
            await all_wait(loops, A, more=50)
            instance_a.terminate()
            code = await asyncio.to_thread(instance_a.wait)
            await all_wait(loops, B, more=50)
    assert code == 0
    for loop in loops:
        assert not loop.failures, loop.failures
        print(f"round {number}: answers by version {dict(loop.answers)}")


def make_loops(addresses: list[str]) -> list[OpenLoop]:
    return [
        OpenLoop(addresses, config, slow_request(STEPS), PER_SECOND)
        for config in (ROUND_ROBIN, PICK_FIRST)
    ]


async def all_wait(loops: list[OpenLoop], version: str, more: int) -> None:
    await asyncio.gather(*(loop.wait_answers(version, more) for loop in loops))
