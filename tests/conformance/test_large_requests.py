"""Requests with more rows than an execution takes: run in parts, answered as
one."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.fake_devices import MakeServer
from sconce_support.inference import infer_inputs, result_arrays

MAX_ROWS = 4
ROWS = 11


class TwoHeads(nn.Module):
    """Each row has two answers."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(6, 32)
        self.head = nn.Linear(32, 3)

    def forward(self, x: Tensor, scale: Tensor) -> tuple[Tensor, Tensor]:
        hidden = torch.relu(self.hidden(x)) * scale
        return self.head(hidden), hidden.argmax(1)


class Labels(nn.Module):
    """One label a row, of different lengths."""

    def forward(self, x: Tensor) -> list[str]:
        names = ["cat", "", "hippopotamus", "ant"]
        return [names[int(row.item())] for row in x]


class Total(nn.Module):
    """One answer for all rows."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x * 2, x.sum()


CONFIGS = {
    "heads": """
input [ { name: "x", data_type: TYPE_FP32, dims: [ 6 ] },
        { name: "scale", data_type: TYPE_FP32, dims: [ 1 ] } ]
""",
    "labels": 'parameters { key: "sconce.batching" '
    'value { string_value: "trusted" } }\n',
    "total": 'parameters { key: "sconce.batching" '
    'value { string_value: "trusted" } }\n',
    "alone": 'parameters { key: "sconce.batching" '
    'value { string_value: "off" } }\n',
}


@pytest.fixture(scope="module")
def heads() -> nn.Module:
    torch.manual_seed(0)
    return TwoHeads().eval()


@pytest.fixture(scope="module")
def client(
    make_server: MakeServer,
    heads: nn.Module,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[InferenceServerClient]:
    folder = tmp_path_factory.mktemp("large")
    modules = {
        "heads": heads,
        "fresh": heads,
        "labels": Labels(),
        "total": Total(),
        "alone": Total(),
    }
    for name, module in modules.items():
        version = folder / name / "1"
        version.mkdir(parents=True)
        torch.jit.script(module.eval()).save(version / "model.pt")
        (folder / name / "config.pbtxt").write_text(
            f"max_batch_size: {MAX_ROWS}\n{CONFIGS.get(name, '')}"
        )
    with (
        make_server(
            [folder], "--model-probe=false", "--lanes", "2"
        ) as process,
        InferenceServerClient(process.grpc_address) as made,
    ):
        yield made


def arrays(rows: int, seed: int) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(seed)
    return {
        "x": random.standard_normal((rows, 6), dtype=np.float32),
        "scale": random.standard_normal((rows, 1), dtype=np.float32),
    }


def batches(client: InferenceServerClient, model: str) -> dict[int, int]:
    """Rows of an execution -> number of such executions."""
    (stats,) = client.get_inference_statistics(model).model_stats
    return {b.batch_size: b.compute_infer.count for b in stats.batch_stats}


def assert_is_eager(
    heads: nn.Module,
    client: InferenceServerClient,
    inputs: dict[str, NDArray[np.float32]],
    model: str = "heads",
) -> None:
    result = result_arrays(client.infer(model, infer_inputs(inputs)))
    with torch.inference_mode():
        expected = heads(*(torch.from_numpy(a) for a in inputs.values()))
    for answer, eager in zip(result.values(), expected, strict=True):
        assert answer.shape == tuple(eager.shape)
        np.testing.assert_allclose(
            answer, eager.numpy(), rtol=1e-4, atol=1e-5
        )


def test_eleven_rows_are_answered_as_eager_does(
    client: InferenceServerClient, heads: nn.Module
) -> None:
    before = batches(client, "heads")
    (stats,) = client.get_inference_statistics("heads").model_stats
    assert_is_eager(heads, client, arrays(ROWS, seed=1))
    after = batches(client, "heads")
    assert after[4] - before.get(4, 0) == 2
    assert after[3] - before.get(3, 0) == 1
    # One request of eleven rows, as a client counts.
    (now,) = client.get_inference_statistics("heads").model_stats
    assert now.inference_count - stats.inference_count == ROWS
    success = now.inference_stats.success.count
    assert success - stats.inference_stats.success.count == 1


def test_one_execution_until_rows_are_proven(
    client: InferenceServerClient, heads: nn.Module
) -> None:
    """As after a reload, where large requests come first."""
    for seed in range(3):
        assert_is_eager(heads, client, arrays(ROWS, seed), "fresh")
    assert batches(client, "fresh") == {ROWS: 3}


def test_many_large_requests_at_once(
    client: InferenceServerClient, heads: nn.Module
) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda i: assert_is_eager(
                    heads, client, arrays(1 + i % 23, seed=i)
                ),
                range(100),
            )
        )


def test_strings_are_joined(client: InferenceServerClient) -> None:
    x = np.arange(ROWS, dtype=np.int64) % 4
    result = client.infer("labels", infer_inputs({"x": x}))
    names = [b"cat", b"", b"hippopotamus", b"ant"]
    expected = [names[i] for i in x]
    assert list(result_arrays(result)["output_0"]) == expected


def test_an_output_without_rows_is_refused(
    client: InferenceServerClient,
) -> None:
    x = np.ones((ROWS, 2), np.float32)
    with pytest.raises(InferenceServerException) as error:
        client.infer("total", infer_inputs({"x": x}))
    assert error.value.status() == "StatusCode.INVALID_ARGUMENT"
    assert "output 'output_1' has shape []" in error.value.message()
    assert "send at most 4 rows at once" in error.value.message()


def test_a_model_that_does_not_batch_refuses_them(
    client: InferenceServerClient,
) -> None:
    x = np.ones((ROWS, 2), np.float32)
    with pytest.raises(InferenceServerException) as error:
        client.infer("alone", infer_inputs({"x": x}))
    assert error.value.status() == "StatusCode.INVALID_ARGUMENT"
    assert "batch-size must be <= 4 for 'alone', got 11" in error.value.message()


def test_one_bad_row_fails_the_request(
    client: InferenceServerClient,
) -> None:
    x = np.full(ROWS, 2, np.int64)
    x[-1] = 9
    with pytest.raises(InferenceServerException) as error:
        client.infer("labels", infer_inputs({"x": x}))
    assert "index out of range" in error.value.message()
