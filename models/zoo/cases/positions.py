"""Z5, `positions`: counts the rows of its input.

`x.shape[0]` stays a part of a trace. Whatever turns a tensor or a size into
a number of Python's (`len`, `int`, `.item()`, NumPy) leaves the example's
number there for good.
"""

import numpy as np
import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import normal


class Positions(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(x.shape[0])


class PositionsByLen(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(len(x))


class PositionsByInt(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(int(x.shape[0]))


class PositionsAndItem(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.arange(x.shape[0]) + x.max().item()


class PositionsByNumpy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.from_numpy(np.arange(x.numpy().shape[0]))


def build() -> ZooModel:
    return ZooModel(
        "positions",
        Positions(),
        {"x": normal(4, 2)},
        # A trace keeps `x.shape[0]`, but fixes the device that arange takes.
        "auto",
        row="Z5",
        unseen=(
            Call({"x": normal(9, 2, seed=1)}),
            Call({"x": normal(0, 2)}),
        ),
        traps=(
            Trap("trace", r"len\(x\)", module=PositionsByLen()),
            Trap("trace", r"int\(x\.shape\[0\]\)", module=PositionsByInt()),
            Trap("trace", r"x\.max\(\)\.item\(\)", module=PositionsAndItem()),
            Trap("trace", r"x\.numpy\(\)", module=PositionsByNumpy()),
        ),
    )
