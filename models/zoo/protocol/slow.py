"""`slow`: takes as long as its input says, to fill queues on purpose.

Each step is a product of two small matrices, tens of microseconds on one core.
The number of steps is bounded so that no input can occupy a lane for long.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, ZooModel

_SIZE = 128
_MOST_STEPS = 100_000


class MatmulLoop(nn.Module):
    start: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.most_steps = _MOST_STEPS
        # A rotation of coordinates: products neither grow nor vanish.
        rotation = torch.eye(_SIZE).roll(1, dims=0)
        self.register_buffer("start", rotation)

    def forward(self, steps: Tensor) -> Tensor:
        count = min(int(steps.max()), self.most_steps)
        x = self.start
        for _ in range(count):
            x = x @ self.start
        return x.argmax(1)[:1]


def build() -> ZooModel:
    return ZooModel(
        "slow",
        MatmulLoop(),
        {"steps": torch.tensor([3])},
        "script",
        unseen=(Call({"steps": torch.tensor([130])}),),
    )
