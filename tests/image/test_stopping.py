"""`podman stop` under load: what two containers serve, one goes on serving."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from sconce_support.inference import raw_request
from sconce_support.open_loop import OpenLoop

from container import Container
from example_models import write_models

PER_SECOND = 60.0

# The version that answers tells which container it was.
A, B = "1", "2"

# As behind a headless service, and as most programs do; neither retries.
ROUND_ROBIN = json.dumps(
    {
        "loadBalancingConfig": [{"round_robin": {}}],
        "healthCheckConfig": {"serviceName": ""},
    }
)
PICK_FIRST = json.dumps({"loadBalancingConfig": [{"pick_first": {}}]})


@pytest.fixture(scope="module")
def containers(
    models: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Container, Container]]:
    others = write_models(tmp_path_factory.mktemp("others"), version=2)
    with Container(models) as a, Container(others) as b:
        yield a, b


async def test_no_request_is_lost(
    containers: tuple[Container, Container],
) -> None:
    """With the image's own times: clients have ten seconds to go elsewhere."""
    a, b = containers
    x = np.full((64, 64), 0.01, np.float32)
    request = raw_request("slow", {"x": x})
    addresses = [a.grpc_address, b.grpc_address]
    async with AsyncExitStack() as stack:
        loops = [
            await stack.enter_async_context(
                OpenLoop(addresses, config, request, PER_SECOND)
            )
            for config in (ROUND_ROBIN, PICK_FIRST)
        ]
        await asyncio.gather(*(loop.wait_answers(A, 50) for loop in loops))
        code = await asyncio.to_thread(a.stop)
        await asyncio.gather(*(loop.wait_answers(B, 50) for loop in loops))
    assert code == 0
    for loop in loops:
        assert not loop.failures, loop.failures[:5]
        print(f"answers by version: {dict(loop.answers)}")
