"""`identity`: returns its input, of any data type, rank and size.

What is left of a request when the model costs nothing; and the one model whose
output is the very memory of its input, which a server must not free too early.
The example is 602,112 bytes, the size of one image.
"""

from torch import Tensor, nn

from models.zoo.config import ModelConfig, TensorSpec
from models.zoo.entry import Call, ZooModel
from models.zoo.seeds import normal


class Identity(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x


def build() -> ZooModel:
    return ZooModel(
        "identity",
        Identity(),
        {"x": normal(1, 3, 224, 224)},
        "script",
        unseen=(Call({"x": normal(2, 5, seed=1)}), Call({"x": normal(0, 3)})),
        batched=True,
    )


def build_batched() -> ZooModel:
    config = ModelConfig(
        max_batch_size=8,
        inputs=(TensorSpec("x", "TYPE_FP32", (-1,)),),
        outputs=(TensorSpec("y", "TYPE_FP32", (-1,)),),
    )
    return ZooModel(
        "identity_batched",
        Identity(),
        {"x": normal(1, 16)},
        "script",
        config,
        unseen=(Call({"x": normal(3, 40, seed=1)}),),
        batched=True,
    )
