"""`mlp_*`: a 32-64-8 perceptron; so little work that overhead shows.

The traced and the scripted variant hold equal weights, so their answers are
equal as well. The batched one is the scripted one with a `config.pbtxt`.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import ModelConfig, TensorSpec, ZooModel, seeded

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
    return ZooModel("mlp_traced", _seeded_mlp(), _example(), "trace")


def build_scripted() -> ZooModel:
    return ZooModel("mlp_scripted", _seeded_mlp(), _example(), "script")


def build_batched() -> ZooModel:
    config = ModelConfig(
        max_batch_size=16,
        inputs=(TensorSpec("x", "TYPE_FP32", (_INPUTS,)),),
        outputs=(TensorSpec("scores", "TYPE_FP32", (_OUTPUTS,)),),
    )
    return ZooModel("mlp_batched", _seeded_mlp(), _example(), "script", config)


def _seeded_mlp() -> Mlp:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Mlp()


def _example() -> dict[str, Tensor]:
    return {"x": torch.randn(1, _INPUTS, generator=seeded())}
