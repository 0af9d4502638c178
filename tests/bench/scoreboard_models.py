"""The models of the scoreboard that the zoo does not have.

`steady`       a chain of products of fixed length: a batch of up to eight rows
               takes the same time, some 20 ms, whatever is in it
`tokens`       a perceptron for sequences of any length, so that shapes differ
               and work hardly does
`transformer`  four layers, width 256, sequences of 128 words, two classes
`many_NN`      a small perceptron under many names; its rows are not merged, or
               one model alone would have the larger batches
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from models.zoo.config import ModelConfig, TensorSpec, render
from models.zoo.seeds import seeded
from numpy.typing import NDArray
from sconce_support.eager import Arrays
from torch import Tensor, nn
from torch.nn import functional
from workloads import Workload

BATCH = 8
_STEADY_WIDTH = 128
_STEADY_STEPS = 2500
_TOKEN_WIDTH = 64
_MLP_WIDTH = 32
_WORDS, _LENGTH, _WIDTH, _LAYERS, _HEADS = 1000, 128, 256, 4, 8


class Steady(nn.Module):
    rotation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.steps = _STEADY_STEPS
        # A rotation of coordinates: products neither grow nor vanish.
        self.register_buffer(
            "rotation", torch.eye(_STEADY_WIDTH).roll(1, dims=0))

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.steps):
            x = x @ self.rotation
        return x


class Tokens(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(_TOKEN_WIDTH, 4 * _TOKEN_WIDTH),
            nn.ReLU(),
            nn.Linear(4 * _TOKEN_WIDTH, _TOKEN_WIDTH),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).mean(1)


class Layer(nn.Module):
    """Attention and a perceptron, each beside a way around it."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = [3, _HEADS, _WIDTH // _HEADS]
        self.before_attention = nn.LayerNorm(_WIDTH)
        self.mixed = nn.Linear(_WIDTH, 3 * _WIDTH)
        self.joined = nn.Linear(_WIDTH, _WIDTH)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(_WIDTH),
            nn.Linear(_WIDTH, 4 * _WIDTH),
            nn.GELU(),
            nn.Linear(4 * _WIDTH, _WIDTH),
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = self.mixed(self.before_attention(x))
        query, key, value = (
            parts.unflatten(2, self.parts)
            .permute(2, 0, 3, 1, 4)
            .unbind(0)
        )
        seen = functional.scaled_dot_product_attention(query, key, value)
        x = x + self.joined(seen.transpose(1, 2).flatten(2))
        return x + self.perceptron(x)


class Transformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(_WORDS, _WIDTH)
        self.places = nn.Parameter(torch.randn(1, _LENGTH, _WIDTH))
        self.layers = nn.Sequential(*(Layer() for _ in range(_LAYERS)))
        self.classes = nn.Linear(_WIDTH, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.words(x) + self.places
        return self.classes(self.layers(x).mean(1))


@dataclass(frozen=True)
class ModuleWorkload(Workload):
    """A request of FP32, or of INT64 words, for a module of this file.

    `batching` says how its rows may be merged; `dims` stands in the config
    where the request's are not the only ones.
    """

    module: nn.Module
    batching: str = "proven"
    dims: tuple[int, ...] | None = None
    words: bool = False

    @property
    def datatype(self) -> str:
        return "INT64" if self.words else "FP32"

    @property
    def input(self) -> NDArray[Any]:
        if not self.words:
            return super().input
        return np.random.default_rng(0).integers(0, _WORDS, self.shape)

    def expected(self) -> Arrays:
        with torch.inference_mode():
            answer = self.module(torch.from_numpy(self.input))
        return {"output_0": answer.numpy()}

    def write_model(self) -> None:
        self.archive.parent.mkdir(parents=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.script(self.module).save(str(self.archive))
        config = self.archive.parent.parent / "config.pbtxt"
        config.write_text(self._config())

    def _config(self) -> str:
        answer = self.expected()["output_0"]
        dims, kind = self.dims or self.shape[1:], f"TYPE_{self.datatype}"
        config = ModelConfig(
            max_batch_size=BATCH,
            inputs=(TensorSpec("x", kind, dims),),
            outputs=(TensorSpec("output_0", "TYPE_FP32", answer.shape[1:]),),
        )
        return render(self.model, config) + (
            'parameters { key: "sconce.batching" '
            f'value {{ string_value: "{self.batching}" }} }}\n')


def steady(folder: Path) -> ModuleWorkload:
    return ModuleWorkload(
        "steady", (1, _STEADY_WIDTH), folder, seeded(Steady), "trusted")


def tokens(folder: Path, *lengths: int) -> tuple[ModuleWorkload, ...]:
    """A request for each length of a sequence."""
    module, dims = seeded(Tokens), (-1, _TOKEN_WIDTH)
    return tuple(
        ModuleWorkload(
            "tokens", (1, length, _TOKEN_WIDTH), folder, module, dims=dims)
        for length in lengths
    )


def transformer(folder: Path) -> ModuleWorkload:
    return ModuleWorkload(
        "transformer", (1, _LENGTH), folder, seeded(Transformer), words=True)


def many(folder: Path, number: int) -> tuple[ModuleWorkload, ...]:
    """The same perceptron under so many names."""
    module = seeded(lambda: nn.Sequential(
        nn.Linear(_MLP_WIDTH, 64), nn.ReLU(), nn.Linear(64, 8)))
    return tuple(
        ModuleWorkload(
            f"many_{index:02}", (1, _MLP_WIDTH), folder, module, "off")
        for index in range(number)
    )
