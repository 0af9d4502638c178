"""Z11, `super_resolution`: enlarges an image by a factor that is an input.

The output's size depends on the value of `scale`. In a trace `.item()` keeps
the example's factor; the scripted module serves 2, 3 and 4 side by side.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.zoo.entry import Call, Inputs, Trap, ZooModel
from models.zoo.seeds import seeded, uniform


class SuperResolution(nn.Module):
    """[N, 1, H, W] and an int64 scale to [N, 1, scale * H, scale * W].

    Three convolutions after a bicubic enlargement, as in SRCNN, with fewer
    channels.
    """

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, 16, kernel_size=9, padding=4)
        self.mapping = nn.Conv2d(16, 8, kernel_size=1)
        self.image = nn.Conv2d(8, 1, kernel_size=5, padding=2)

    def forward(self, x: Tensor, scale: Tensor) -> Tensor:
        factor = float(scale.item())
        x = functional.interpolate(
            x, scale_factor=factor, mode="bicubic", align_corners=False
        )
        x = self.mapping(self.patches(x).relu()).relu()
        return self.image(x)


def build() -> ZooModel:
    return ZooModel(
        "super_resolution",
        seeded(SuperResolution),
        _inputs(16, 12, scale=3),
        "script",
        row="Z11",
        dynamic={"x": {0: "batch", 2: "height", 3: "width"}},
        more_examples=(_inputs(10, 10, scale=2), _inputs(8, 9, scale=4)),
        unseen=tuple(
            Call(_inputs(7 + scale, 18 - scale, scale=scale))
            for scale in (2, 3, 4)
        ),
        traps=(Trap("trace", r"scale\.item\(\)"),),
    )


def _inputs(height: int, width: int, scale: int) -> Inputs:
    return {
        "x": uniform(1, 1, height, width, seed=scale),
        "scale": torch.tensor(scale),
    }
