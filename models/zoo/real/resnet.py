"""`resnet18`, and Z10, `resnet18_mean_subtracted`: an image classifier.

torchvision ships no weights, so these are random. The second one takes pixels
as they are: a scripted module subtracts the mean of each channel and hands the
rest to the traced network.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import normal, seeded, uniform
from models.zoo.torchscript import traced

_SIDE = 224


class MeanSubtracted(nn.Module):
    """Pixels in [0, 1] as [N, 3, height, width] in, [N, 1000] scores out."""

    means: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        means = torch.tensor([0.485, 0.456, 0.406])
        self.register_buffer("means", means.view(1, 3, 1, 1))
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x - self.means)


def build() -> ZooModel:
    return ZooModel(
        "resnet18",
        _resnet18(),
        {"x": normal(1, 3, _SIDE, _SIDE)},
        "trace",
        unseen=(Call({"x": normal(2, 3, 96, 80, seed=1)}),),
        batched=True,
    )


def build_mean_subtracted() -> ZooModel:
    network = _resnet18()
    example = uniform(1, 3, _SIDE, _SIDE)
    # As it comes out of the training loop: nobody called eval().
    training = MeanSubtracted(_resnet18()).train()
    return ZooModel(
        "resnet18_mean_subtracted",
        MeanSubtracted(traced(network, example)),
        {"x": example},
        "script",
        row="Z10",
        reference=MeanSubtracted(network),
        unseen=(Call({"x": uniform(2, 3, 100, 120, seed=1)}),),
        batched=True,
        traps=(Trap("trace", "training", module=training),),
    )


def _resnet18() -> nn.Module:
    # Imported here: torchvision costs seconds that the other models save.
    from torchvision.models import resnet18

    return seeded(resnet18)
