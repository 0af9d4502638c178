"""ResNet-50 (He et al. 2015, stride in the 3x3 convolution), as TorchScript's
compiler can read it."""

import torch
from torch import Tensor, nn

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


# What a block adds weighs little beside its input, as in trained networks:
# else rounding errors grow from block to block.
_BRANCH_SCALE = 0.2


class Bottleneck(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = 4 * width
        self.body = nn.Sequential(
            *_convolution(inputs, width, 1),
            nn.ReLU(inplace=True),
            *_convolution(width, width, 3, stride),
            nn.ReLU(inplace=True),
            *_convolution(width, outputs, 1),
        )
        nn.init.constant_(self.body[-1].weight, _BRANCH_SCALE)
        # Without parts it passes its input on.
        self.way_around = nn.Sequential(
            *(
                _convolution(inputs, outputs, 1, stride)
                if stride != 1 or inputs != outputs
                else ()
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(self.body(x) + self.way_around(x))


class ResNet(nn.Module):
    def __init__(
        self, blocks: tuple[int, ...] = (3, 4, 6, 3), width: int = 64
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            *_convolution(3, width, 7, 2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, 2, 1),
        ]
        inputs = width
        for stage, count in enumerate(blocks):
            for block in range(count):
                stride = 2 if stage > 0 and block == 0 else 1
                layers.append(Bottleneck(inputs, width << stage, stride))
                inputs = 4 * (width << stage)
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1))
        self.classifier = nn.Linear(inputs, 1000)

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).flatten(1))


class Classifier(nn.Module):
    """Pixels as a client has them in, scores as float32 out.

    Bytes are normalised here; floats are taken to be normalised. float32
    images are not converted where the weights are float32, so that the server
    can convert both (`sconce.precision`).
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, network: nn.Module, dtype: torch.dtype) -> None:
        super().__init__()
        self.network = network.to(dtype)
        self.dtype = dtype
        self.converts = dtype != torch.float32
        for name, values in (("mean", _MEAN), ("deviation", _DEVIATION)):
            scaled = 255 * torch.tensor(values).view(3, 1, 1)
            self.register_buffer(name, scaled.to(dtype))

    def forward(self, image: Tensor) -> Tensor:
        if image.dtype == torch.uint8:
            x = (image.to(self.dtype) - self.mean) / self.deviation
        elif self.converts:
            x = image.to(self.dtype)
        else:
            x = image
        return self.network(x).to(torch.float32)


def calibrate(network: nn.Module, side: int) -> None:
    """Gives the normalisations the statistics of what flows through them, so
    that activations neither vanish nor grow out of half precision."""
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None  # a plain mean over the batches
    network.train()
    with torch.no_grad():
        for _ in range(2):
            network(torch.randn(4, 3, side, side))
    network.eval()


def _convolution(
    inputs: int, outputs: int, size: int, stride: int = 1
) -> tuple[nn.Module, nn.Module]:
    return (
        nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
        nn.BatchNorm2d(outputs),
    )
