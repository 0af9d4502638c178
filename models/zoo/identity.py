"""`identity`: returns its input, of any data type, rank and size.

What is left of a request when the model costs nothing; and the one model whose
output is the very memory of its input, which a server must not free too early.
The example is 602,112 bytes, the size of one image.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import ModelConfig, TensorSpec, ZooModel, seeded


class Identity(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


def build() -> ZooModel:
    return ZooModel("identity", Identity(), _example(), "script")


def build_batched() -> ZooModel:
    config = ModelConfig(
        max_batch_size=8,
        inputs=(TensorSpec("x", "TYPE_FP32", (-1,)),),
        outputs=(TensorSpec("y", "TYPE_FP32", (-1,)),),
    )
    example = {"x": torch.randn(1, 16, generator=seeded())}
    return ZooModel("identity_batched", Identity(), example, "script", config)


def _example() -> dict[str, Tensor]:
    return {"x": torch.randn(1, 3, 224, 224, generator=seeded())}
