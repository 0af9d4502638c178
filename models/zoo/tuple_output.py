"""`tuple_output`: two inputs in, a plain tuple out.

A recurrent cell whose two inputs have different widths and whose two outputs
have different widths too: swapping either pair cannot go unnoticed.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import ZooModel, seeded

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
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        cell = Cell()
    generator = seeded()
    inputs = {
        "x": torch.randn(3, _FEATURES, generator=generator),
        "h": torch.randn(3, _HIDDEN, generator=generator),
    }
    return ZooModel("tuple_output", cell, inputs, "script")
