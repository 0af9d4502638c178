"""Z9, `sum_in_place`: adds a list of tensors into the first of them.

It writes into its own input. Whoever hands it a tensor that is still needed,
an exporter that compares afterwards or a server that keeps a buffer, gets
another answer the second time.
"""

from torch import Tensor, nn

from models.zoo.entry import Call, Inputs, ZooModel
from models.zoo.seeds import normal


class SumInPlace(nn.Module):
    def forward(self, x1: Tensor, x2: Tensor, x3: Tensor) -> Tensor:
        tensors = [x1, x2, x3]
        total = tensors[0]
        for tensor in tensors[1:]:
            total += tensor
        return total


def build() -> ZooModel:
    return ZooModel(
        "sum_in_place",
        SumInPlace(),
        _inputs(2, 3),
        "trace",
        row="Z9",
        unseen=(Call(_inputs(5, 3)), Call(_inputs(0, 3))),
        batched=True,
    )


def _inputs(*shape: int) -> Inputs:
    return {f"x{i}": normal(*shape, seed=i) for i in (1, 2, 3)}
