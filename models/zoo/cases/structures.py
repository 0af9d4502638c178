"""Z17, `list_output`, `nested_output`, `dataclass_output`: structured values.

A trace carries tensors, and tuples and dicts of them. The exporter flattens
the rest into named tensors and writes down how to put them together again.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import normal


class Halving(nn.Module):
    """A list: the input, and twice what is left of it in halves."""

    def forward(self, x: Tensor) -> list[Tensor]:
        return [x, x[:, ::2], x[:, ::4]]


class Extremes(NamedTuple):
    smallest: Tensor
    largest: Tensor


class Summary(nn.Module):
    """A dict in; a tuple of a tensor and a dict of a named tuple out."""

    def forward(
        self, signal: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Extremes]]:
        left, right = signal["left"], signal["right"]
        extremes = {
            "left": Extremes(left.amin(1), left.amax(1)),
            "right": Extremes(right.amin(1), right.amax(1)),
        }
        return left + right, extremes


@dataclass
class Statistics:
    mean: Tensor
    centered: list[Tensor]


class Centering(nn.Module):
    """A dataclass that holds a list."""

    def forward(self, x: Tensor, y: Tensor) -> Statistics:
        mean = (x + y).mean(1, keepdim=True) / 2
        return Statistics(mean, [x - mean, y - mean])


def build_list() -> ZooModel:
    return ZooModel(
        "list_output",
        Halving(),
        {"x": normal(2, 8)},
        "trace",
        row="Z17",
        unseen=(Call({"x": normal(3, 5, seed=1)}),),
        batched=True,
    )


def build_nested() -> ZooModel:
    return ZooModel(
        "nested_output",
        Summary(),
        {"signal": _signal(2, 6)},
        "trace",
        row="Z17",
        unseen=(Call({"signal": _signal(4, 3)}),),
        batched=True,
    )


def build_dataclass() -> ZooModel:
    return ZooModel(
        "dataclass_output",
        Centering(),
        {"x": normal(2, 6), "y": normal(2, 6, seed=1)},
        "trace",
        row="Z17",
        unseen=(
            Call({"x": torch.ones(1, 4), "y": normal(1, 4, seed=2)}),
        ),
        batched=True,
        # TorchScript's compiler can read it as little as a client can.
        traps=(Trap("script", "Statistics"),),
    )


def _signal(*shape: int) -> dict[str, Tensor]:
    return {
        "left": normal(*shape, seed=1),
        "right": normal(*shape, seed=2),
    }
