"""What a real server exports once it has seen everything that it counts."""

import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.admin import Scrape
from sconce_support.fake_devices import DeviceServer, device_binary
from sconce_support.fixtures import binary
from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess

__all__ = ["binary", "device_binary", "scrape", "scrape_with_devices"]

PADDED = """
max_batch_size: 8
input [ { name: "ids", data_type: TYPE_INT64, dims: [ -1 ] } ]
output [ { name: "sum", data_type: TYPE_INT64, dims: [ 1 ] } ]
parameters { key: "sconce.batching" value { string_value: "trusted" } }
parameters { key: "sconce.padding"
             value { string_value: "inputs=ids:1 sizes=16,32; harmless" } }
"""
BOTH_VERSIONS = "version_policy { all {} }\n"


class Double(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return 2 * x


class Sum(torch.nn.Module):
    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return ids.sum(1, keepdim=True)


class Total(torch.nn.Module):
    """Remembers, so that it is asked in sequences."""

    def __init__(self) -> None:
        super().__init__()
        self.total = torch.zeros(1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.total = self.total + x
        return self.total


def _save(module: torch.nn.Module, folder: Path) -> None:
    folder.mkdir(parents=True)
    torch.jit.script(module.eval()).save(folder / "model.pt")


def write_models(repository: Path) -> None:
    """`broken` does not load; of `reloaded` the second version does not."""
    _save(Total(), repository / "total/1")
    _save(Sum(), repository / "padded/1")
    (repository / "padded/config.pbtxt").write_text(PADDED)
    _save(Double(), repository / "reloaded/1")
    (repository / "reloaded/2").mkdir()
    (repository / "reloaded/2/model.pt").write_bytes(b"no model")
    (repository / "reloaded/config.pbtxt").write_text(BOTH_VERSIONS)
    (repository / "broken.pt").write_bytes(b"no model")


def _refused(client: InferenceServerClient, model: str) -> None:
    wrong = {"nosuch": np.zeros(1, np.float32)}
    try:
        client.infer(model, infer_inputs(wrong), client_timeout=30)
    except InferenceServerException:
        return
    raise AssertionError(f"{model} took an input that it does not have")


def send_requests(address: str) -> None:
    """Good and bad ones of every kind that leaves a trace in /metrics."""
    one = np.ones(1, np.float32)
    with InferenceServerClient(address) as client:

        def infer(model: str, arrays: Mapping, **parameters: object) -> None:
            client.infer(
                model, infer_inputs(arrays), client_timeout=30, **parameters
            )

        for _ in range(3):
            infer("reloaded", {"x": one})
            infer("padded", {"ids": np.ones((1, 5), np.int64)})
        infer("total", {"x": one}, sequence_id=7, sequence_start=True)
        for model in ("reloaded", "broken", "nosuch"):
            _refused(client, model)


@cache
def scrape_of_a_used_server(binary: Path) -> Scrape:
    flags = ("--strict-readiness=false", "--model-probe=false")
    with tempfile.TemporaryDirectory() as folder:
        write_models(Path(folder))
        with ServerProcess([Path(folder)], *flags, binary=binary) as server:
            send_requests(server.grpc_address)
            return Scrape(server.http_address)


@pytest.fixture(scope="session")
def scrape(binary: Path) -> Scrape:
    """One server for all modules that import this."""
    return scrape_of_a_used_server(binary)


@pytest.fixture(scope="session")
def scrape_with_devices(
    device_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Scrape:
    """Of a server that has a model on two GPUs, which nobody asked."""
    folder = tmp_path_factory.mktemp("model")
    _save(Double(), folder / "double/1")
    with DeviceServer(
        [folder], "--model-probe=false", binary=device_binary, fake="count=2"
    ) as server:
        return Scrape(server.http_address)


def exported_labels(scrape: Scrape) -> dict[str, set[str]]:
    """Of each name as queries use it, those of histograms with their ends."""
    labels: dict[str, set[str]] = {}
    for family in scrape.families.values():
        for sample in family.samples:
            labels.setdefault(sample.name, set()).update(sample.labels)
    return labels
