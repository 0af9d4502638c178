"""`resnet18`: a real convolutional network with seeded random weights."""

import torch

from models.zoo.entry import ZooModel, seeded


def build() -> ZooModel:
    # Imported here: torchvision costs seconds that the other models save.
    from torchvision.models import resnet18

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = resnet18(weights=None)
    inputs = {"x": torch.randn(1, 3, 224, 224, generator=seeded())}
    return ZooModel("resnet18", module, inputs, "trace")
