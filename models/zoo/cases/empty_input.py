"""Z16, `empty_input`: picks the best box, or nothing where there is none.

An image without objects gives tensors with no element. They pass through a
branch of their own, which a trace of an example with boxes has never seen.
"""

import torch
from torch import Tensor, nn

from models.zoo.entry import Call, Inputs, Trap, ZooModel
from models.zoo.seeds import uniform


class BestBox(nn.Module):
    """Boxes [N, 4] and scores [N] in, [1, 5] or [0, 5] out."""

    def forward(self, boxes: Tensor, scores: Tensor) -> Tensor:
        if scores.numel() == 0:
            return boxes.new_zeros((0, 5))
        else:
            score, index = scores.max(0, keepdim=True)
            return torch.cat([boxes[index], score.unsqueeze(1)], dim=1)


def build() -> ZooModel:
    return ZooModel(
        "empty_input",
        BestBox(),
        _inputs(boxes=6),
        "script",
        row="Z16",
        dynamic={"boxes": {0: "boxes"}, "scores": {0: "boxes"}},
        unseen=(Call(_inputs(boxes=0)), Call(_inputs(boxes=2))),
        traps=(Trap("trace", r"if scores\.numel\(\) == 0"),),
    )


def _inputs(boxes: int) -> Inputs:
    return {
        "boxes": uniform(boxes, 4, seed=boxes),
        "scores": uniform(boxes, seed=boxes + 1),
    }
