"""Z3, `recurrent_loop`: a cell called once per row of a sequence.

A trace repeats the cell as often as the example is long. The right export is
a mix: the loop is scripted, what surrounds it may be traced.
"""

from torch import Tensor, nn

from models.zoo.cases.decision_gate import SIZE, GatedCell
from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import normal, seeded
from models.zoo.torchscript import scripted


class Loop(nn.Module):
    """[length, rows, 4] in, the last output and hidden state out."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = GatedCell()

    def forward(self, xs: Tensor) -> tuple[Tensor, Tensor]:
        y = xs.new_zeros(xs.shape[1:])
        h = y
        for i in range(xs.size(0)):
            y, h = self.cell(xs[i], h)
        return y, h


class WrappedLoop(nn.Module):
    def __init__(self, loop: nn.Module) -> None:
        super().__init__()
        self.loop = loop

    def forward(self, xs: Tensor) -> Tensor:
        y, _ = self.loop(xs)
        return y.relu()


def build() -> ZooModel:
    loop = seeded(Loop)
    return ZooModel(
        "recurrent_loop",
        WrappedLoop(scripted(loop)),
        {"xs": normal(10, 3, SIZE)},
        "trace",
        row="Z3",
        reference=WrappedLoop(loop),
        unseen=(
            Call({"xs": normal(1, 3, SIZE, seed=1)}),
            Call({"xs": normal(33, 2, SIZE, seed=2)}),
        ),
        traps=(
            Trap(
                "trace",
                r"variation 'xs_dim0=1'.* the archive fails",
                module=WrappedLoop(loop),
            ),
        ),
    )
