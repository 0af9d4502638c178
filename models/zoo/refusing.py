"""`refusing*`: raises its own error for some inputs.

The client has to see the model's sentence, not a stack trace, and the next
request has to work. In the batched variant, so do the requests that shared a
batch with the refused one.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import ModelConfig, TensorSpec, ZooModel


class SquareRoot(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if bool((x < 0).any()):
            raise ValueError("no square root of a negative number")
        return x.sqrt()


def build() -> ZooModel:
    return ZooModel("refusing", SquareRoot(), _example(), "script")


def build_batched() -> ZooModel:
    config = ModelConfig(
        max_batch_size=8,
        inputs=(TensorSpec("x", "TYPE_FP32", (3,)),),
        outputs=(TensorSpec("root", "TYPE_FP32", (3,)),),
    )
    return ZooModel(
        "refusing_batched", SquareRoot(), _example(), "script", config
    )


def _example() -> dict[str, Tensor]:
    return {"x": torch.tensor([[0.0, 1.0, 4.0]])}
