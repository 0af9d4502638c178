"""Modules with nested inputs and outputs, and with several methods."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Boxes(NamedTuple):
    corners: Tensor
    scores: Tensor


@dataclass
class Frame:
    image: Tensor
    mask: Tensor


class ReturnsBoxes(nn.Module):
    def forward(self, x: Tensor) -> Boxes:
        return Boxes(x + 1, x * 2)


class ReturnsNested(nn.Module):
    """Z17: a dict with a tuple and a list inside."""

    def forward(self, x: Tensor) -> dict[str, Any]:
        return {"logits": x + 1, "extra": (x, [x * 2, x * 3])}


class TakesFrame(nn.Module):
    """Z17: dataclass and dict in, dataclass, None and tensor out."""

    def forward(
        self, frame: Frame, options: dict[str, list[Tensor]]
    ) -> tuple[Frame, None, Tensor]:
        factor, shift = options["affine"]
        image = frame.image * factor + shift
        return Frame(image, frame.mask), None, image.sum(-1)


class Detector(nn.Module):
    """Z7: three methods over the same weights."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, img: Tensor) -> Tensor:
        return self.conv(img)

    @torch.jit.export
    def predict_boxes(self, img: Tensor) -> Tensor:
        return self.conv(img).mean((2, 3))

    @torch.jit.export
    def predict_keypoint(self, img: Tensor, box: Tensor) -> Tensor:
        return self.conv(img).sum((2, 3)) + box
