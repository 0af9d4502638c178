"""Z8, `two_traces`: a bool argument chooses between two traces.

One trace holds one value of `do_keypoint`. Two traces of the same module share
its weights, and a scripted wrapper chooses. Requests that differ in the
argument must not share a batch.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Trap, ZooModel
from models.zoo.seeds import seeded, uniform
from models.zoo.torchscript import traced

_CHANNELS = 8


class Detector(nn.Module):
    """[N, 4] corners, or [N, 6] with the keypoint behind them."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Conv2d(3, _CHANNELS, kernel_size=3, padding=1)
        self.corners = nn.Linear(_CHANNELS, 4)
        self.keypoint = nn.Linear(_CHANNELS, 2)

    def forward(self, img: Tensor, do_keypoint: bool) -> Tensor:
        features = self.features(img).relu().mean((2, 3))
        corners = self.corners(features)
        if not do_keypoint:
            return corners
        return torch.cat([corners, self.keypoint(features)], dim=1)


class OneChoice(nn.Module):
    """The detector with `do_keypoint` decided, as a trace needs it."""

    def __init__(self, detector: Detector, do_keypoint: bool) -> None:
        super().__init__()
        self.detector = detector
        self.do_keypoint = do_keypoint

    def forward(self, img: Tensor) -> Tensor:
        return self.detector(img, self.do_keypoint)


class TwoTraces(nn.Module):
    def __init__(self, detector: Detector, example: Tensor) -> None:
        super().__init__()
        self.with_keypoint = traced(OneChoice(detector, True), example)
        self.without_keypoint = traced(OneChoice(detector, False), example)

    def forward(self, img: Tensor, do_keypoint: bool) -> Tensor:
        if do_keypoint:
            return self.with_keypoint(img)
        else:
            return self.without_keypoint(img)


def build() -> ZooModel:
    detector = seeded(Detector)
    example = uniform(1, 3, 16, 16)
    image = uniform(2, 3, 20, 28, seed=1)
    return ZooModel(
        "two_traces",
        TwoTraces(detector, example),
        {"img": example, "do_keypoint": True},
        "script",
        row="Z8",
        reference=detector,
        unseen=(
            Call({"img": image, "do_keypoint": True}),
            Call({"img": image, "do_keypoint": False}),
        ),
        batched=True,
        traps=(Trap("trace", "do_keypoint", module=detector),),
    )
