"""`simple`: the sum and the difference of two INT32[16].

The model that public example clients of the protocol ask for by this name,
with these input and output names and a batch of at most 8.
"""

import torch
from torch import Tensor, nn

from models.zoo.config import ModelConfig, TensorSpec
from models.zoo.entry import Call, ZooModel


class AddSub(nn.Module):
    # The argument names are the wire names that those clients send.
    def forward(self, INPUT0: Tensor, INPUT1: Tensor) -> tuple[Tensor, Tensor]:
        return INPUT0 + INPUT1, INPUT0 - INPUT1


def build() -> ZooModel:
    return ZooModel(
        name="simple",
        module=AddSub(),
        inputs={
            "INPUT0": torch.arange(16, dtype=torch.int32).reshape(1, 16),
            "INPUT1": torch.ones(1, 16, dtype=torch.int32),
        },
        how="script",
        unseen=(
            Call(
                {
                    "INPUT0": torch.arange(48, dtype=torch.int32).view(3, 16),
                    "INPUT1": torch.full((3, 16), -7, dtype=torch.int32),
                }
            ),
        ),
        dynamic={"INPUT0": {0: "batch"}, "INPUT1": {0: "batch"}},
        batched=True,
        config=ModelConfig(
            max_batch_size=8,
            inputs=_int32_vectors("INPUT0", "INPUT1"),
            outputs=_int32_vectors("OUTPUT0", "OUTPUT1"),
        ),
    )


def _int32_vectors(*names: str) -> tuple[TensorSpec, ...]:
    return tuple(TensorSpec(name, "TYPE_INT32", (16,)) for name in names)
