"""Padding: requests of other lengths share batches and see nothing of it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient, service_pb2_grpc

from sconce_support.admin import Scrape
from sconce_support.busy_lane import ONE_LANE, busy_lane, wait_queued
from sconce_support.fake_devices import MakeServer
from sconce_support.inference import (
    infer_inputs,
    raw_request,
    response_arrays,
    result_arrays,
)
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

Arrays = dict[str, NDArray[np.int64]]

CONFIG = """
max_batch_size: 8
input [ { name: "ids", data_type: TYPE_INT64, dims: [ -1 ] },
        { name: "mask", data_type: TYPE_INT64, dims: [ -1 ] } ]
output [ { name: "hidden", data_type: TYPE_FP32, dims: [ -1, 16 ] },
         { name: "pooled", data_type: TYPE_FP32, dims: [ 16 ] } ]
parameters { key: "sconce.batching" value { string_value: "trusted" } }
"""
PADDING = (
    "inputs=ids:1 sizes=16,32 value=1 outputs=hidden:1; "
    "inputs=mask:1 sizes=16,32; mask=mask"
)


class Attention(nn.Module):
    """One layer that looks at what its mask shows, and a mean over that."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(50, 16)
        self.query = nn.Linear(16, 16)
        self.key = nn.Linear(16, 16)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = self.embedding(ids)
        scores = self.query(x) @ self.key(x).transpose(1, 2)
        hidden_from = (mask == 0).unsqueeze(1)
        weights = scores.masked_fill(hidden_from, -1e9).softmax(2)
        hidden = weights @ x
        seen = mask.unsqueeze(2)
        return hidden, (hidden * seen).sum(1) / seen.sum(1)


def add_model(folder: Path, name: str, module: nn.Module, text: str) -> None:
    version = folder / name / "1"
    version.mkdir(parents=True)
    torch.jit.script(module).save(version / "model.pt")
    padding = (
        f'parameters {{ key: "sconce.padding" '
        f'value {{ string_value: "{text}" }} }}\n'
    )
    (folder / name / "config.pbtxt").write_text(CONFIG + padding)


@pytest.fixture(scope="module")
def attention() -> nn.Module:
    torch.manual_seed(0)
    return Attention().eval()


@pytest.fixture
def folder(repository: MakeRepository, attention: nn.Module) -> Path:
    made = repository("slow")
    add_model(made, "attention", attention, PADDING)
    return made


@pytest.fixture
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    flags = ("--model-probe=false", *ONE_LANE)
    with ServerProcess([folder], *flags, binary=binary) as process:
        yield process


def request(length: int, rows: int = 2, seed: int = 0) -> Arrays:
    random = np.random.default_rng(seed)
    mask = np.ones((rows, length), np.int64)
    mask[0, length // 2 + 1 :] = 0  # some is hidden by the client
    return {"ids": random.integers(0, 50, (rows, length)), "mask": mask}


def assert_is_eager(
    attention: nn.Module, arrays: Arrays, answer: dict[str, NDArray]
) -> None:
    with torch.inference_mode():
        hidden, pooled = attention(*(torch.from_numpy(a) for a in arrays.values()))
    assert answer["hidden"].shape == tuple(hidden.shape)
    for name, expected in (("hidden", hidden), ("pooled", pooled)):
        np.testing.assert_allclose(
            answer[name], expected.numpy(), rtol=1e-4, atol=1e-5
        )


def test_answers_are_those_to_what_was_sent(
    make_server: MakeServer, folder: Path, attention: nn.Module
) -> None:
    lengths = [1, 7, 15, 16, 17, 31, 32, 33, 50]
    with (
        make_server([folder], "--model-probe=false") as server,
        InferenceServerClient(server.grpc_address) as client,
    ):

        def ask(i: int) -> None:
            length = lengths[i % len(lengths)]
            arrays = request(length, rows=1 + i % 11, seed=i)
            result = client.infer("attention", infer_inputs(arrays))
            assert_is_eager(attention, arrays, result_arrays(result))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(90)))


def test_other_lengths_share_an_execution(
    server: ServerProcess, attention: nn.Module
) -> None:
    sent = [request(length, seed=length) for length in (3, 9, 16)]
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        with busy_lane(server, channel):
            calls = []
            for count, arrays in enumerate(sent, start=1):
                message = raw_request("attention", arrays)
                message.parameters["timings"].bool_param = True
                calls.append(stub.ModelInfer.future(message, timeout=60))
                wait_queued(server, "attention", count)
        for arrays, call in zip(sent, calls, strict=True):
            assert call.result().parameters["batch_size"].int64_param == 6
            assert_is_eager(attention, arrays, response_arrays(call.result()))
    scrape = Scrape(server.http_address)
    labels = {"model": "attention", "version": "1"}
    assert scrape.value("sconce_padded_requests_total", **labels) == 2
    # Two rows of 13 and of 7 elements, of both inputs.
    assert scrape.value("sconce_padding_elements_total", **labels) == 80


def test_without_a_reason_the_model_is_refused(
    binary: Path, tmp_path: Path, attention: nn.Module
) -> None:
    text = "inputs=ids:1,mask:1 sizes=16 outputs=hidden:1"
    add_model(tmp_path, "attention", attention, text)
    flags = ("--model-probe=false", "--strict-readiness=false")
    with (
        ServerProcess([tmp_path], *flags, binary=binary) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        (entry,) = client.get_model_repository_index().models
        assert entry.state == "UNAVAILABLE"
        assert "say harmless" in entry.reason
