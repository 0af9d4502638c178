"""Z4, `sqrt_or_square`: a plain function instead of a module.

The branch depends on the sum of the input, so a trace keeps one half of it.
"""

from torch import Tensor

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import uniform


def sqrt_or_square(x: Tensor) -> Tensor:
    if x.sum() > 0:
        return x.sqrt()
    else:
        return x.square()


def build() -> ZooModel:
    return ZooModel(
        "sqrt_or_square",
        sqrt_or_square,
        {"x": uniform(2, 3)},
        "script",
        row="Z4",
        unseen=(
            Call({"x": uniform(5, seed=1)}),
            Call({"x": -uniform(2, 2, 2, seed=2)}),
        ),
        traps=(Trap("trace", r"if x\.sum\(\) > 0"),),
    )
