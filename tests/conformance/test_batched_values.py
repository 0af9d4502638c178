"""Requests whose values are no tensors, under load, with batching on."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.fake_devices import MakeServer
from sconce_support.inference import infer_inputs, result_arrays

_REQUESTS = 200


class Labels(nn.Module):
    """One label a row, of different lengths."""

    def forward(self, x: Tensor) -> list[str]:
        names = ["cat", "", "hippopotamus", "ant"]
        return [names[int(row.item())] for row in x]


class Words(nn.Module):
    """No tensor goes in, and the number of results is the text's."""

    def forward(self, text: str) -> list[str]:
        return text.split(" ")


class Scaled(nn.Module):
    def forward(self, x: Tensor, n: int) -> Tensor:
        return x * n


@pytest.fixture(scope="module")
def client(
    make_server: MakeServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InferenceServerClient]:
    folder = tmp_path_factory.mktemp("batched")
    for module in (Labels(), Words(), Scaled()):
        name = type(module).__name__.lower()
        torch.jit.script(module.eval()).save(folder / f"{name}.pt")
    flags = ("--max-batch-size", "16", "--lanes", "1")
    with make_server([folder], *flags) as server:
        with InferenceServerClient(server.grpc_address) as made:
            yield made


def test_rows_of_strings_stay_whole(client: InferenceServerClient) -> None:
    names = [b"cat", b"", b"hippopotamus", b"ant"]

    def ask(i: int) -> list[bytes]:
        x = np.array([i % 4, (i + 1) % 4], dtype=np.int64)
        result = client.infer("labels", infer_inputs({"x": x}))
        return list(result_arrays(result)["output_0"])

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(_REQUESTS)))
    for i, answer in enumerate(answers):
        assert answer == [names[i % 4], names[(i + 1) % 4]]


def test_requests_without_a_tensor_are_not_merged(
    client: InferenceServerClient,
) -> None:
    text = np.array([b"hello world"], dtype=object)

    def ask(_: int) -> list[bytes]:
        result = client.infer("words", infer_inputs({"text": text}))
        return list(result_arrays(result)["output_0"])

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(_REQUESTS)))
    assert answers == [[b"hello", b"world"]] * _REQUESTS


def test_other_numbers_share_no_batch(client: InferenceServerClient) -> None:
    x = np.ones((1, 3), dtype=np.float32)

    def ask(i: int) -> float:
        result = client.infer(
            "scaled", infer_inputs({"x": x}), parameters={"n": i % 5}
        )
        return float(result_arrays(result)["output_0"][0, 0])

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(ask, range(_REQUESTS)))
    assert answers == [float(i % 5) for i in range(_REQUESTS)]
