"""Batching without configuration: switched on when rows are independent, never
when they are not."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess

ON = "on, proven with requests, up to 32 rows"
WAITING = ("waits for", "is being checked")
REQUESTS = 200
WORKERS = 8


class Softmax(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(x, 1)


class MeanOfAll(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x / x.mean()


class LargestOfAll(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x / x.abs().max()


class SumGate(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if bool(x.sum() > 0):
            return x * 2
        return -x


class TrainMode(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.batch_norm(
            x, None, None, None, None, True, 0.1, 1e-5, False
        )


class BakedSize(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.view(2, 8).flip(0)


class TimeFirst(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.RNN(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.cell(x.unsqueeze(1))[0].squeeze(1)


class Asserted(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        assert bool(torch.isfinite(x).all()), "not finite"
        return torch.softmax(x, 1)


# The module, the rows of its requests, and what the server has to find.
CASES: dict[str, tuple[nn.Module, int, str]] = {
    "softmax": (Softmax(), 1, ON),
    "asserted": (Asserted(), 1, ON),
    "mean_of_all": (MeanOfAll(), 1, "output 'output_0' is another one"),
    "largest_of_all": (LargestOfAll(), 1, "output 'output_0' is another one"),
    "sum_gate": (SumGate(), 1, "decides by values of tensors (aten::Bool)"),
    "train_mode": (TrainMode(), 2, "output 'output_0' is another one"),
    "baked_size": (BakedSize(), 2, "a batch of"),
    "time_first": (TimeFirst(), 3, "output 'output_0' is another one"),
}


@pytest.fixture(scope="module")
def modules() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {name: module.eval() for name, (module, _, _) in CASES.items()}


@pytest.fixture(scope="module")
def client(
    binary: Path,
    modules: dict[str, nn.Module],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[InferenceServerClient]:
    folder = tmp_path_factory.mktemp("scripted")
    for name, module in modules.items():
        torch.jit.script(module).save(folder / f"{name}.pt")
    with (
        ServerProcess([folder], binary=binary) as process,
        InferenceServerClient(process.grpc_address) as made,
    ):
        yield made


def batching(client: InferenceServerClient, model: str) -> str:
    parameters = client.get_model_config(model).config.parameters
    return parameters["sconce.batching_verdict"].string_value


def ask(
    client: InferenceServerClient, model: str, x: NDArray[np.float32]
) -> NDArray:
    answer = client.infer(model, infer_inputs({"x": x})).as_numpy("output_0")
    assert answer is not None
    return answer


@pytest.mark.parametrize("name", CASES)
def test_answers_are_eager_before_and_after_the_verdict(
    client: InferenceServerClient, modules: dict[str, nn.Module], name: str
) -> None:
    """All requests are positive, and alike enough to hide a fault: the server
    has to vary them itself."""
    _, rows, verdict = CASES[name]
    random = np.random.default_rng(1)
    inputs = [
        random.uniform(0.9, 1.1, (rows, 8)).astype(np.float32)
        for _ in range(REQUESTS)
    ]
    for x in inputs[:3]:
        ask(client, name, x)
    while batching(client, name).startswith(WAITING):
        ask(client, name, inputs[0])
    assert verdict in batching(client, name)
    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(lambda x: ask(client, name, x), inputs))
    for x, answer in zip(inputs, answers, strict=True):
        with torch.no_grad():
            expected = modules[name](torch.from_numpy(x)).numpy()
        np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-6)


def test_before_any_request_nothing_is_batched(
    binary: Path, tmp_path: Path
) -> None:
    torch.jit.script(Softmax()).save(tmp_path / "softmax.pt")
    with (
        ServerProcess([tmp_path], binary=binary) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert batching(client, "softmax") == (
            "waits for the first good requests"
        )


def test_a_config_may_trust_or_switch_off(binary: Path, tmp_path: Path) -> None:
    for name in ("trusted", "off"):
        version = tmp_path / name / "1"
        version.mkdir(parents=True)
        torch.jit.script(MeanOfAll()).save(version / "model.pt")
        (tmp_path / name / "config.pbtxt").write_text(
            "max_batch_size: 4\n"
            'parameters { key: "sconce.batching" value { string_value: '
            f'"{name}" }} }}\n'
        )
    with (
        ServerProcess([tmp_path], binary=binary) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert batching(client, "trusted") == (
            "on without a check, as the config says"
        )
        assert batching(client, "off") == "off: the config says so"
