"""Z6, `mean_ratio`: a convolution of an image divided by its mean.

Height and width are free. `.item()` on the mean would leave the example's mean
in the trace. The mean runs over the whole batch, so a row's answer depends on
its neighbours: batching would be wrong, and the exporter has to notice.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import seeded, uniform


class MeanRatio(nn.Module):
    """[N, 3, 3, height, width] in, [N, 8, 3, height, width] out."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv3d(3, 4, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.convolution(x / x.mean())
        return torch.cat([functional.relu(y), functional.relu6(y)], dim=1)


class MeanRatioByItem(MeanRatio):
    def forward(self, x: Tensor) -> Tensor:
        y = self.convolution(x / x.mean().item())
        return torch.cat([functional.relu(y), functional.relu6(y)], dim=1)


def build() -> ZooModel:
    return ZooModel(
        "mean_ratio",
        seeded(MeanRatio),
        {"x": uniform(1, 3, 3, 12, 16)},
        "trace",
        row="Z6",
        dynamic={"x": {0: "batch", 3: "height", 4: "width"}},
        unseen=(
            Call({"x": uniform(2, 3, 3, 9, 21, seed=1)}),
            Call({"x": 3 * uniform(1, 3, 3, 30, 5, seed=2)}),
        ),
        traps=(
            Trap(
                "trace",
                r"x\.mean\(\)\.item\(\)",
                module=seeded(MeanRatioByItem),
            ),
        ),
    )
