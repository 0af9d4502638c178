"""`dict_output`, `namedtuple_output`: outputs that name themselves.

The names a client sees have to be the dict's keys and the tuple's fields. Both
models compute the same, with outputs of two data types, and neither order is
the alphabetical one.
"""

from typing import NamedTuple

from torch import Tensor, nn

from models.zoo.entry import Call, ZooModel
from models.zoo.seeds import normal

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
    return _classifier("dict_output", DictClassifier())


def build_namedtuple() -> ZooModel:
    return _classifier("namedtuple_output", NamedTupleClassifier())


def _classifier(name: str, module: nn.Module) -> ZooModel:
    return ZooModel(
        name,
        module,
        {"logits": normal(2, _CLASSES)},
        "script",
        row="Z17",
        unseen=(Call({"logits": normal(4, 7, seed=1)}),),
        batched=True,
    )
