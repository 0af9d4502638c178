"""`dict_output`, `namedtuple_output`: outputs that name themselves.

The names a client sees have to be the dict's keys and the tuple's fields. Both
models compute the same, with outputs of two data types, and neither order is
the alphabetical one.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.zoo.entry import ZooModel, seeded

_CLASSES = 5


class Prediction(NamedTuple):
    probabilities: Tensor
    label: Tensor


class DictClassifier(nn.Module):
    def forward(self, logits: Tensor) -> dict[str, Tensor]:
        probabilities = logits.softmax(-1)
        return {
            "probabilities": probabilities,
            "label": probabilities.argmax(-1),
        }


class NamedTupleClassifier(nn.Module):
    def forward(self, logits: Tensor) -> Prediction:
        probabilities = logits.softmax(-1)
        return Prediction(probabilities, probabilities.argmax(-1))


def build_dict() -> ZooModel:
    return ZooModel("dict_output", DictClassifier(), _example(), "script")


def build_namedtuple() -> ZooModel:
    return ZooModel(
        "namedtuple_output", NamedTupleClassifier(), _example(), "script"
    )


def _example() -> dict[str, Tensor]:
    return {"logits": torch.randn(2, _CLASSES, generator=seeded())}
