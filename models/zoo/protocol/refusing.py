"""`refusing*`: raises its own error for some inputs.

The client has to see the model's sentence, not a stack trace, and the next
request has to work. In the batched variant, so do the requests that shared a
batch with the refused one.
"""

import torch
from torch import Tensor, nn

from models.zoo.config import ModelConfig, TensorSpec
from models.zoo.entry import Call, ZooModel


class SquareRoot(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if bool((x < 0).any()):
            raise ValueError("no square root of a negative number")
        return x.sqrt()


def build() -> ZooModel:
    return _square_root("refusing")


def build_batched() -> ZooModel:
    config = ModelConfig(
        max_batch_size=8,
        inputs=(TensorSpec("x", "TYPE_FP32", (3,)),),
        outputs=(TensorSpec("root", "TYPE_FP32", (3,)),),
    )
    return _square_root("refusing_batched", config)


def _square_root(name: str, config: ModelConfig | None = None) -> ZooModel:
    return ZooModel(
        name,
        SquareRoot(),
        {"x": torch.tensor([[0.0, 1.0, 4.0]])},
        "script",
        config,
        dynamic={"x": {0: "rows"}},
        # Not `batched`: a row that is refused takes its neighbours with it.
        unseen=(Call({"x": torch.arange(6.0).reshape(2, 3)}),),
    )
