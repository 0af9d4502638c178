"""A container's memory: a request that wants too much of it."""

from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.inference import infer_inputs, result_arrays

from container import Container

# More than half of what LOCKED gives, and more than all of it.
TOO_MUCH, FAR_TOO_MUCH = 700 << 20, 2 << 30

KILLED = 128 + 9


def ask(client: InferenceServerClient, size: int) -> int:
    inputs = infer_inputs({"size": np.array([size])})
    return int(result_arrays(client.infer("hungry", inputs))["output_0"][0])


@pytest.mark.parametrize("size", [TOO_MUCH, FAR_TOO_MUCH])
def test_a_request_beyond_its_share_is_refused_alone(
    server: Container, size: int
) -> None:
    with InferenceServerClient(server.grpc_address) as client:
        with pytest.raises(InferenceServerException) as refused:
            ask(client, size)
        assert refused.value.status() == "StatusCode.RESOURCE_EXHAUSTED"
        assert ask(client, 1 << 20) == 1
    assert server.inspect()["RestartCount"] == 0


def test_without_that_limit_the_kernel_ends_the_container(
    models: Path,
) -> None:
    """For an orchestrator to start anew: the exit code is that of a kill."""
    with Container(models, "--max-request-memory=0") as server:
        with InferenceServerClient(server.grpc_address) as client:
            with pytest.raises(InferenceServerException) as broken:
                ask(client, FAR_TOO_MUCH)
        assert broken.value.status() == "StatusCode.UNAVAILABLE"
        assert server.exit_code() == KILLED
