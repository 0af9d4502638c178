"""`tuple_output`: two inputs in, a plain tuple out.

A recurrent cell whose two inputs have different widths and whose two outputs
have different widths too: swapping either pair cannot go unnoticed.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Inputs, ZooModel
from models.zoo.seeds import normal, seeded

_FEATURES, _HIDDEN = 6, 4


class Cell(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(_FEATURES, _HIDDEN)
        self.read = nn.Linear(_HIDDEN, 2)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        new_h = torch.tanh(self.project(x) + h)
        return new_h, self.read(new_h)


def build() -> ZooModel:
    return ZooModel(
        "tuple_output",
        seeded(Cell),
        _inputs(rows=3),
        "script",
        row="Z17",
        unseen=(Call(_inputs(rows=2)),),
        batched=True,
    )


def _inputs(rows: int) -> Inputs:
    return {
        "x": normal(rows, _FEATURES, seed=rows),
        "h": normal(rows, _HIDDEN, seed=rows + 1),
    }
