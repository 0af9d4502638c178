"""`mlp_*`: a 32-64-8 perceptron; so little work that overhead shows.

The traced and the scripted variant hold equal weights, so their answers are
equal as well. The batched one is the scripted one with a `config.pbtxt`.
"""

from typing import Literal

from torch import Tensor, nn

from models.zoo.config import ModelConfig, TensorSpec
from models.zoo.entry import Call, ZooModel
from models.zoo.seeds import normal, seeded

_INPUTS, _HIDDEN, _OUTPUTS = 32, 64, 8


class Mlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(_INPUTS, _HIDDEN),
            nn.ReLU(),
            nn.Linear(_HIDDEN, _OUTPUTS),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def build_traced() -> ZooModel:
    return _mlp("mlp_traced", "trace")


def build_scripted() -> ZooModel:
    return _mlp("mlp_scripted", "script")


def build_batched() -> ZooModel:
    config = ModelConfig(
        max_batch_size=16,
        inputs=(TensorSpec("x", "TYPE_FP32", (_INPUTS,)),),
        outputs=(TensorSpec("scores", "TYPE_FP32", (_OUTPUTS,)),),
    )
    return _mlp("mlp_batched", "script", config)


def _mlp(
    name: str,
    how: Literal["trace", "script"],
    config: ModelConfig | None = None,
) -> ZooModel:
    return ZooModel(
        name,
        seeded(Mlp),
        {"x": normal(1, _INPUTS)},
        how,
        config,
        unseen=(Call({"x": normal(5, _INPUTS, seed=1)}),),
        batched=True,
    )
