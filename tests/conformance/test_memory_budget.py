"""A request that wants more memory than it may have fails alone."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess

MEGABYTE = 1 << 20


class Blown(nn.Module):
    """As many bytes as the request says, at once or in small pieces."""

    def forward(self, size: int, pieces: int) -> int:
        kept: list[Tensor] = []
        for _ in range(pieces):
            kept.append(torch.zeros(size // pieces, dtype=torch.uint8))
        return len(kept)

    @torch.jit.export
    def forked(self, size: int) -> int:
        return torch.jit.wait(torch.jit.fork(self.forward, size, 1))


@pytest.fixture(scope="module")
def client(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InferenceServerClient]:
    folder = tmp_path_factory.mktemp("memory")
    torch.jit.script(Blown().eval()).save(folder / "blown.pt")
    flags = ("--max-request-memory", "64MB")
    with (
        ServerProcess([folder], *flags, binary=binary) as process,
        InferenceServerClient(process.grpc_address) as made,
    ):
        yield made


def ask(
    client: InferenceServerClient, model: str = "blown", **values: int
) -> int:
    inputs = {name: np.array([value]) for name, value in values.items()}
    result = client.infer(model, infer_inputs(inputs))
    return int(result_arrays(result)["output_0"][0])


def test_within_the_budget(client: InferenceServerClient) -> None:
    for _ in range(20):  # what is freed counts no more
        assert ask(client, size=48 * MEGABYTE, pieces=1) == 1


def test_a_tensor_beyond_the_budget(client: InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException) as caught:
        ask(client, size=80_000 * MEGABYTE, pieces=1)
    assert caught.value.status() == "StatusCode.RESOURCE_EXHAUSTED"
    assert caught.value.message().startswith(
        "model 'blown': an operator wanted a tensor of 83886080000 bytes, and "
        "--max-request-memory allows all tensors of a run 67108864; send less "
        "or raise it"
    )
    assert ask(client, size=MEGABYTE, pieces=1) == 1


def test_many_small_ones_count_together(client: InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="RESOURCE_EXHAUSTED"):
        ask(client, size=80 * MEGABYTE, pieces=80)
    assert ask(client, size=32 * MEGABYTE, pieces=32) == 32


def test_a_fork_shares_the_budget(client: InferenceServerClient) -> None:
    with pytest.raises(InferenceServerException, match="RESOURCE_EXHAUSTED"):
        ask(client, "blown:forked", size=80 * MEGABYTE)
