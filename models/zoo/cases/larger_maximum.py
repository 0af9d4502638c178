"""Z14, `larger_maximum`: returns the argument with the larger maximum.

Which one that is depends on both inputs, and a trace has seen one answer.
"""

from torch import Tensor

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import uniform


def larger_maximum(x: Tensor, y: Tensor) -> Tensor:
    if x.max() > y.max():
        return x
    else:
        return y


def build() -> ZooModel:
    small, large = uniform(2, 3, seed=1), 1 + uniform(4, 1, seed=2)
    return ZooModel(
        "larger_maximum",
        larger_maximum,
        {"x": uniform(3, 4), "y": uniform(3, 4) + 1},
        "script",
        row="Z14",
        more_examples=({"x": uniform(2, 5) + 1, "y": uniform(3, 4)},),
        unseen=(
            Call({"x": small, "y": large}),
            Call({"x": large, "y": small}),
        ),
        traps=(Trap("trace", r"if x\.max\(\) > y\.max\(\)"),),
    )
