"""A Model goes on when another version takes the place of what it knew."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sconce import AsyncClient, Client
from torch import Tensor, nn

from sconce_support.eager import zoo_model
from sconce_support.factor_models import INPUT, add_version
from sconce_support.server_process import ServerProcess

EXPLICIT = ("--model-control-mode", "explicit", "--load-model", "*")


class Renamed(nn.Module):
    def forward(self, other: Tensor) -> Tensor:
        return other * 5


@pytest.fixture
def own(
    zoo: Path, binary: Path, tmp_path: Path
) -> Iterator[ServerProcess]:
    """`pair` has one archive that returns a dict, and one that returns a
    named tuple of the same names."""
    folder = tmp_path / "repository"
    add_version(folder, "net", 1)
    for version, name in ((1, "dict_output"), (2, "namedtuple_output")):
        (archive,) = (zoo / name).rglob("*.pt")
        target = folder / "pair" / str(version)
        target.mkdir(parents=True)
        shutil.copy(archive, target / "model.pt")
    with ServerProcess([folder], *EXPLICIT, binary=binary) as process:
        yield process


@pytest.fixture
def client(own: ServerProcess) -> Iterator[Client]:
    with Client(
        own.grpc_address, management=own.management_address
    ) as made:
        made.management.load("pair", [1, 2])
        yield made


async def test_each_version_has_its_own_structure(
    client: Client, own: ServerProcess
) -> None:
    logits = zoo_model("dict_output").inputs["logits"]
    pair = client.model("pair")
    async with AsyncClient(own.grpc_address) as other:
        same = other.model("pair")
        for version, name in ((1, "dict_output"), (2, "namedtuple_output")):
            client.management.set_traffic("pair", {version: 1})
            expected = type(zoo_model(name).module(logits)).__name__
            assert type(pair(logits)).__name__ == expected
            assert type(await same(logits)).__name__ == expected


async def test_arguments_of_another_name(
    client: Client, own: ServerProcess, tmp_path: Path
) -> None:
    path = tmp_path / "renamed.pt"
    torch.jit.script(Renamed().eval()).save(path)
    async with AsyncClient(own.grpc_address) as other:
        sync, asynchronous = client.model("net"), other.model("net")
        np.testing.assert_allclose(sync(x=INPUT), INPUT)
        np.testing.assert_allclose(await asynchronous(x=INPUT), INPUT)
        client.management.upload("net", path)
        np.testing.assert_allclose(sync(other=INPUT), INPUT * 5)
        np.testing.assert_allclose(await asynchronous(other=INPUT), INPUT * 5)


def test_positions_mean_the_arguments_of_now(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "renamed.pt"
    torch.jit.script(Renamed().eval()).save(path)
    net = client.model("net")
    np.testing.assert_allclose(net(INPUT), INPUT)
    client.management.upload("net", path)
    np.testing.assert_allclose(net(INPUT), INPUT * 5)
