"""Z7, `detector`: one module with three methods.

A client calls `forward`, `predict_boxes` or `predict_keypoint` by name; each
has arguments of its own. The keypoint is looked for inside a box whose corners
are numbers of Python's, which a trace would keep for good.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Inputs, Trap, ZooModel
from models.zoo.seeds import seeded, uniform

_CHANNELS = 8


class Detector(nn.Module):
    """Images are [N, 3, height, width], a box is int64 [4]."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, _CHANNELS, kernel_size=3, padding=1)
        self.corners = nn.Linear(_CHANNELS, 4)
        self.heat = nn.Conv2d(_CHANNELS, 1, kernel_size=1)

    def forward(self, img: Tensor) -> Tensor:
        return self.features(img).relu().mean((2, 3))

    @torch.jit.export
    def predict_boxes(self, img: Tensor) -> Tensor:
        features = self.features(img).relu().mean((2, 3))
        return self.corners(features).sigmoid()

    @torch.jit.export
    def predict_keypoint(self, img: Tensor, box: Tensor) -> Tensor:
        """[N, 2]: the mean place of the heat inside the box."""
        left, top = int(box[0]), int(box[1])
        right, bottom = int(box[2]), int(box[3])
        heat = self.heat(self.features(img).relu())
        crop = heat[:, 0, top:bottom, left:right].exp()
        crop = crop / crop.sum((1, 2), keepdim=True)
        x = crop.sum(1) * torch.arange(crop.size(2), device=crop.device)
        y = crop.sum(2) * torch.arange(crop.size(1), device=crop.device)
        return torch.stack([x.sum(1) + left, y.sum(1) + top], dim=1)


class KeypointAlone(nn.Module):
    """One method as a model of its own, as it would be traced."""

    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, img: Tensor, box: Tensor) -> Tensor:
        return self.detector.predict_keypoint(img, box)


def build() -> ZooModel:
    methods = {
        "predict_boxes": {"img": uniform(1, 3, 24, 32)},
        "predict_keypoint": _in_box(4, 6, 20, 22),
    }
    return ZooModel(
        "detector",
        seeded(Detector),
        {"img": uniform(1, 3, 24, 32)},
        "script",
        row="Z7",
        methods=methods,
        unseen=(
            Call({"img": uniform(2, 3, 40, 24, seed=1)}),
            Call({"img": uniform(3, 3, 16, 16, seed=2)}, "predict_boxes"),
            Call(_in_box(1, 2, 31, 9), "predict_keypoint"),
        ),
        batched=True,
        traps=(
            Trap(
                "trace",
                r"int\(box\[0\]\)",
                module=KeypointAlone(seeded(Detector)),
                inputs=_in_box(4, 6, 20, 22),
            ),
        ),
    )


def _in_box(*corners: int) -> Inputs:
    return {
        "img": uniform(1, 3, 24, 32, seed=corners[0]),
        "box": torch.tensor(corners),
    }
