"""Precision by configuration: fewer bits inside, the same wire outside, and a
load that fails when the golden examples are too far off."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sconce.export import export
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

TYPES = {"fp16": torch.float16, "bf16": torch.bfloat16}
# Of the largest value; the defaults of model_config.md.
TOLERANCES = {"fp16": 1e-2, "bf16": 5e-2}
REQUESTS = 64
WORKERS = 8


def mlp() -> nn.Module:
    return nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 4))


def cnn() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3),
        nn.AdaptiveAvgPool2d(2),
        nn.Flatten(),
        nn.Linear(32, 4),
    )


class Parts(nn.Module):
    """Outputs of several types, in a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(16, 4)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        y = self.linear(x)
        return {"wide": y.double(), "half": y.half(), "best": y.argmax(-1)}


class NamesFloat(nn.Module):
    """Its code converts to FP32, whatever the weights are."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(16, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.to(torch.float32))


MAKERS: Mapping[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "mlp": (mlp, (16,)),
    "cnn": (cnn, (3, 12, 12)),
    "parts": (Parts, (16,)),
    "names": (NamesFloat, (16,)),
}
PRECISIONS = ("fp16", "bf16", "autocast_fp16", "autocast_bf16")

# name -> (what is made, its parameters)
SERVED: dict[str, tuple[str, dict[str, str]]] = {
    **{
        f"{made}_{precision}": (made, {"precision": precision})
        for made in ("mlp", "cnn")
        for precision in PRECISIONS
    },
    "cnn_last": ("cnn", {"memory_format": "channels_last"}),
    "cnn_last_bf16": (
        "cnn",
        {"memory_format": "channels_last", "precision": "bf16"},
    ),
    "mlp_tf32": ("mlp", {"precision": "tf32"}),
    "mlp_loose": (
        "mlp",
        {"precision": "bf16", "tolerance": "rtol=0.5 atol=0.25"},
    ),
    "parts_fp16": ("parts", {"precision": "fp16"}),
    "names_autocast": ("names", {"precision": "autocast_bf16"}),
    "bare_fp16": ("mlp", {"precision": "fp16"}),  # without golden examples
}
# The same, and a part of the reason.
REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "unknown": (
        "mlp",
        {"precision": "int4"},
        "parameter 'sconce.precision' is 'int4', expected 'fp32', 'tf32'",
    ),
    "format": (
        "mlp",
        {"memory_format": "nhwc"},
        "parameter 'sconce.memory_format' is 'nhwc', expected 'contiguous'",
    ),
    "words": (
        "mlp",
        {"tolerance": "1e-3"},
        "parameter 'sconce.tolerance' is '1e-3', expected 'rtol=<number>",
    ),
    "tight": (
        "mlp",
        {"precision": "bf16", "tolerance": "rtol=1e-6 atol=1e-6"},
        "or allow more by sconce.tolerance",
    ),
    "tight_autocast": (
        "mlp",
        {"precision": "autocast_fp16", "tolerance": "rtol=0 atol=0"},
        "with sconce.precision 'autocast_fp16'",
    ),
    "names_fp16": ("names", {"precision": "fp16"}, "sconce.precision 'fp16'"),
    "bare_names": ("names", {"precision": "bf16"}, "the model cannot run"),
}

Array = NDArray[Any]


@pytest.fixture(scope="module")
def eager() -> dict[str, nn.Module]:
    torch.manual_seed(0)
    return {name: maker().eval() for name, (maker, _) in MAKERS.items()}


@pytest.fixture(scope="module")
def server(
    binary: Path,
    eager: dict[str, nn.Module],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("precision")
    for name, (made, settings) in SERVED.items():
        write(folder, name, eager[made], MAKERS[made][1], settings)
    for name, (made, settings, _) in REFUSED.items():
        write(folder, name, eager[made], MAKERS[made][1], settings)
    with ServerProcess(
        [folder], binary=binary, wait_until_ready=False
    ) as process:
        with InferenceServerClient(process.grpc_address) as made_client:
            eventually(
                lambda: settled(made_client), "all models to be tried", 120
            )
        yield process


def write(
    folder: Path,
    name: str,
    module: nn.Module,
    shape: tuple[int, ...],
    settings: Mapping[str, str],
) -> None:
    path = folder / name / "1" / "model.pt"
    path.parent.mkdir(parents=True)
    if name.startswith("bare"):
        torch.jit.trace(module, torch.randn(1, *shape)).save(path)
    else:
        export(module, (torch.randn(2, *shape),), path)
    parameters = [
        f'parameters {{ key: "sconce.{key}" '
        f'value {{ string_value: "{value}" }} }}'
        for key, value in settings.items()
    ]
    (folder / name / "config.pbtxt").write_text("\n".join(parameters))


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


def index(client: InferenceServerClient) -> dict[str, tuple[str, str]]:
    models = client.get_model_repository_index().models
    return {model.name: (model.state, model.reason) for model in models}


def settled(client: InferenceServerClient) -> bool:
    states = [state for state, _ in index(client).values()]
    return len(states) == len(SERVED) + len(REFUSED) and set(states) <= {
        "READY",
        "UNAVAILABLE",
    }


def ask(client: InferenceServerClient, name: str, x: Array) -> dict[str, Array]:
    metadata = client.get_model_metadata(name)
    result = client.infer(name, infer_inputs({metadata.inputs[0].name: x}))
    return {o.name: result.as_numpy(o.name) for o in metadata.outputs}


def answer(module: nn.Module, precision: str, x: Array) -> Any:
    """What eager PyTorch says in the same precision."""
    kind = TYPES.get(precision.removeprefix("autocast_"))
    value = torch.from_numpy(x)
    with torch.inference_mode():
        if kind is None:
            return module(value)
        if precision.startswith("autocast_"):
            with torch.autocast("cpu", dtype=kind):
                return module(value)
        return deepcopy(module).to(kind)(value.to(kind))


def check_close(actual: Array, expected: Array, tolerance: float) -> None:
    assert actual.dtype == expected.dtype and actual.shape == expected.shape
    largest = float(np.abs(expected).max())
    np.testing.assert_allclose(
        actual, expected, rtol=tolerance, atol=tolerance * largest
    )


def inputs(made: str, seed: int, rows: int = 2) -> Array:
    random = np.random.default_rng(seed)
    shape = (rows, *MAKERS[made][1])
    return random.standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("name", SERVED)
def test_every_precision_is_served(
    client: InferenceServerClient, name: str
) -> None:
    assert index(client)[name] == ("READY", "")


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("made", ["mlp", "cnn"])
def test_answers_are_eager_pytorchs_of_that_precision(
    client: InferenceServerClient,
    eager: dict[str, nn.Module],
    made: str,
    precision: str,
) -> None:
    x = inputs(made, seed=1)
    (actual,) = ask(client, f"{made}_{precision}", x).values()
    module = eager[made]
    tolerance = TOLERANCES[precision.removeprefix("autocast_")]
    same = answer(module, precision, x).float().numpy()
    full = answer(module, "fp32", x).numpy()
    check_close(actual, same, tolerance / 2)
    check_close(actual, full, tolerance)
    assert not np.allclose(actual, full, rtol=1e-6, atol=1e-6), "not rounded"


def test_channels_last_changes_no_answer(
    client: InferenceServerClient, eager: dict[str, nn.Module]
) -> None:
    x = inputs("cnn", seed=2)
    full = answer(eager["cnn"], "fp32", x).numpy()
    (actual,) = ask(client, "cnn_last", x).values()
    check_close(actual, full, 1e-4)
    (rounded,) = ask(client, "cnn_last_bf16", x).values()
    check_close(rounded, full, TOLERANCES["bf16"])


def test_the_cpu_computes_in_fp32_where_tf32_is_asked(
    client: InferenceServerClient,
    server: ServerProcess,
    eager: dict[str, nn.Module],
) -> None:
    x = inputs("mlp", seed=3)
    (actual,) = ask(client, "mlp_tf32", x).values()
    check_close(actual, answer(eager["mlp"], "fp32", x).numpy(), 1e-5)
    (said,) = logged(server, "does nothing on this device", "mlp_tf32")
    assert (said["value"], said["in_force"]) == ("tf32", "fp32")


def test_outputs_have_the_types_of_the_model_that_was_saved(
    client: InferenceServerClient,
) -> None:
    outputs = ask(client, "parts_fp16", inputs("parts", seed=4))
    types = {name: value.dtype.name for name, value in outputs.items()}
    assert types == {"wide": "float64", "half": "float16", "best": "int64"}


@pytest.mark.parametrize(
    "name", ["mlp_fp16", "mlp_bf16", "mlp_autocast_bf16", "cnn_last_bf16"]
)
def test_batches_are_proven_and_right(
    client: InferenceServerClient, eager: dict[str, nn.Module], name: str
) -> None:
    parameters = client.get_model_config(name).config.parameters
    verdict = parameters["sconce.batching_verdict"].string_value
    assert verdict.startswith("on"), verdict
    made, settings = SERVED[name]
    kind = settings["precision"].removeprefix("autocast_")

    def one(seed: int) -> None:
        x = inputs(made, seed, rows=1 + seed % 3)
        (actual,) = ask(client, name, x).values()
        full = answer(eager[made], "fp32", x).numpy()
        check_close(actual, full, TOLERANCES[kind])

    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(one, range(REQUESTS)))


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_the_reason(
    client: InferenceServerClient, name: str
) -> None:
    state, reason = index(client)[name]
    assert state == "UNAVAILABLE"
    assert REFUSED[name][2] in reason


def test_the_reason_names_the_output_and_the_difference(
    client: InferenceServerClient,
) -> None:
    _, reason = index(client)["tight"]
    assert "golden example '" in reason and "differs by" in reason
    assert "(allowed: 1e-06 + 1e-06 of the value)" in reason


def test_the_config_tells_what_is_in_force(
    client: InferenceServerClient,
) -> None:
    told = {
        name: {
            key.removeprefix("sconce."): value.string_value
            for key, value in client.get_model_config(
                name
            ).config.parameters.items()
        }
        for name in ("mlp_loose", "cnn_last", "mlp_tf32")
    }
    assert told["mlp_loose"]["precision"] == "bf16"
    assert told["mlp_loose"]["tolerance"] == "rtol=0.5 atol=0.25"
    assert told["cnn_last"]["precision"] == "fp32"
    assert told["cnn_last"]["memory_format"] == "channels_last"
    assert "tolerance" not in told["cnn_last"]
    assert told["mlp_tf32"]["precision"] == "fp32"


def test_the_log_names_the_largest_difference(server: ServerProcess) -> None:
    (replayed,) = logged(server, "golden examples replayed", "mlp_bf16")
    assert 0 < replayed["of_largest_value"] < TOLERANCES["bf16"]
    assert replayed["largest_difference"] > 0


def test_without_examples_the_log_says_that_it_is_unproven(
    server: ServerProcess,
) -> None:
    (said,) = logged(server, "THE PRECISION IS UNPROVEN", "bare_fp16")
    assert said["level"] == "warning"
    assert "of the largest value" in said["off_on_random_inputs"]
    assert not logged(server, "THE PRECISION IS UNPROVEN", "mlp_fp16")


def logged(
    server: ServerProcess, words: str, model: str
) -> list[dict[str, Any]]:
    return [
        dict(event)
        for event in server.log.events()
        if words in str(event.get("message")) and event.get("model") == model
    ]
