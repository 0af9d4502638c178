"""Z15, `device_constant`: makes a tensor on the device of its input.

A trace writes down the device of the example. Answers are right until the
model is moved: no example on the same device shows the fault, only the graph
does.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import normal


class AddPositions(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.arange(x.shape[1], device=x.device)


def build() -> ZooModel:
    return ZooModel(
        "device_constant",
        AddPositions(),
        {"x": normal(2, 5)},
        "script",
        row="Z15",
        unseen=(Call({"x": normal(3, 8, seed=1)}),),
        batched=True,
        traps=(Trap("trace", r"device=x\.device"),),
    )
