"""Management.examples: requests with the right answers."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sconce import AsyncManagement, Client, Example
from sconce.client.errors import NotFound
from sconce.export import export
from torch import Tensor, nn

from sconce_support.server_process import ServerProcess


class Methods(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2

    @torch.jit.export
    def moved(self, x: Tensor, by: int) -> Tensor:
        return x + by


@pytest.fixture(scope="module")
def own(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("examples")
    export(
        Methods().eval(),
        (torch.randn(2, 3),),
        folder / "net.pt",
        methods={"moved": (torch.randn(2, 3), 5)},
    )
    torch.jit.script(Methods().eval()).save(folder / "bare.pt")
    with ServerProcess([folder], binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def client(own: ServerProcess) -> Iterator[Client]:
    with Client(own.grpc_address, management=own.management_address) as made:
        yield made


def check(client: Client, example: Example) -> None:
    answer = client.model(example.model).infer(named=example.inputs)
    assert example.outputs is not None
    assert list(answer.outputs) == list(example.outputs)
    for name, right in example.outputs.items():
        np.testing.assert_allclose(answer.outputs[name], right, rtol=1e-5)


def test_examples_can_be_sent_as_they_are(client: Client) -> None:
    examples = client.management.examples("net")
    assert {example.model for example in examples} == {"net", "net:moved"}
    assert len({example.name for example in examples}) > 1
    for example in examples:
        check(client, example)


def test_an_archive_of_torch_alone_has_none(client: Client) -> None:
    assert client.management.examples("bare", 1) == []
    with pytest.raises(NotFound):
        client.management.examples("none")


async def test_the_asyncio_client_has_them_too(own: ServerProcess) -> None:
    async with AsyncManagement(own.management_address) as management:
        (first, *_) = await management.examples("net")
    np.testing.assert_array_equal(
        first.outputs["output_0"], first.inputs["x"] * 2
    )
