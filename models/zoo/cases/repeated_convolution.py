"""Z13, `repeated_convolution`: convolves as often as an argument says.

A trace repeats the convolution as often as the example asked for it.
"""

from torch import Tensor, nn

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import seeded, uniform


class RepeatedConvolution(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(2, 2, kernel_size=3, padding=1)

    def forward(self, x: Tensor, n: int) -> Tensor:
        for _ in range(n):
            x = self.convolution(x)
        return x


def build() -> ZooModel:
    image = uniform(1, 2, 9, 14, seed=1)
    return ZooModel(
        "repeated_convolution",
        seeded(RepeatedConvolution),
        {"x": uniform(1, 2, 8, 8), "n": 3},
        "script",
        row="Z13",
        unseen=tuple(Call({"x": image, "n": n}) for n in (0, 1, 6)),
        batched=True,
        traps=(Trap("trace", r"\bn\b"),),
    )
