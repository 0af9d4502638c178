"""Z2, `decision_gate`: a recurrent cell whose sign depends on a sum.

A trace follows the branch that the example takes and drops the other one. As
the sum runs over all rows, the rows of a batch decide for each other: two
requests must never share one.
"""

from torch import Tensor, nn

from models.zoo.entry import Call, Inputs, Trap, ZooModel
from models.zoo.seeds import seeded, uniform

SIZE = 4


class DecisionGate(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.sum() > 0:
            return x
        else:
            return -x


class GatedCell(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate = DecisionGate()
        self.linear = nn.Linear(SIZE, SIZE)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        new_h = (self.gate(self.linear(x)) + h).tanh()
        return new_h, new_h


def build() -> ZooModel:
    return ZooModel(
        "decision_gate",
        seeded(GatedCell),
        _inputs(rows=3, sign=1),
        "script",
        row="Z2",
        unseen=(Call(_inputs(rows=2, sign=5)), Call(_inputs(rows=4, sign=-5))),
        traps=(Trap("trace", r"if x\.sum\(\) > 0"),),
    )


def _inputs(rows: int, sign: int) -> Inputs:
    return {
        "x": sign * uniform(rows, SIZE, seed=rows),
        "h": uniform(rows, SIZE, seed=rows + 1),
    }
