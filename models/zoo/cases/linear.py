"""Z1, `net_*`: two linear layers, traced and scripted.

The baseline: nothing in it depends on values, so both ways are right.
"""

from typing import Literal

from torch import Tensor, nn

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import normal, seeded

_FEATURES = 10


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.hidden = nn.Linear(_FEATURES, 5)
        self.output = nn.Linear(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.hidden(x).relu())


def build_traced() -> ZooModel:
    # Left on the module after training on several GPUs.
    parallel = nn.DataParallel(seeded(Net))
    trap = Trap("trace", "DataParallel", module=parallel)
    return _net("net_traced", "trace", trap)


def build_scripted() -> ZooModel:
    return _net("net_scripted", "script")


def _net(name: str, how: Literal["trace", "script"], *traps: Trap) -> ZooModel:
    return ZooModel(
        name,
        seeded(Net),
        {"x": normal(1, _FEATURES)},
        how,
        row="Z1",
        unseen=(Call({"x": normal(7, _FEATURES, seed=1)}),),
        batched=True,
        traps=traps,
    )
