"""Models of equal work, with scalars and dictionaries and without.

Each does the same three operations on x. A fourth one would cost more than
what is measured here.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Tensors(nn.Module):
    """The path that costs least: a tensor in, a tensor out."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x) * 1.5 + 2


class OnLane(nn.Module):
    """Tensors too, but for the loop a lane runs it and not the thread that
    received the request (ADR 0006): the price of the hand-off alone."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(x.dim() - 1):
            x = torch.relu(x) * 1.5 + 2
        return x


class DictOnly(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        hidden = torch.relu(x)
        scaled = hidden * 1.5
        return {"hidden": hidden, "scaled": scaled, "scores": scaled + 2}


class ScalarsOnly(nn.Module):
    def forward(
        self, x: Tensor, scale: float, count: int, flag: bool, label: str
    ) -> Tensor:
        hidden = torch.relu(x) if flag and label != "raw" else x
        return hidden * scale + count


class OneOutput(nn.Module):
    def forward(
        self, x: Tensor, scale: float, count: int, flag: bool, label: str
    ) -> dict[str, Tensor]:
        hidden = torch.relu(x) if flag and label != "raw" else x
        return {"scores": hidden * scale + count}


class ThreeOutputs(nn.Module):
    def forward(
        self, x: Tensor, scale: float, count: int, flag: bool, label: str
    ) -> dict[str, Tensor]:
        hidden = torch.relu(x) if flag and label != "raw" else x
        scaled = hidden * scale
        return {"hidden": hidden, "scaled": scaled, "scores": scaled + count}


# By the name that the server knows them by.
MODELS: Mapping[str, type[nn.Module]] = {
    "tensors": Tensors,
    "on_lane": OnLane,
    "dict_only": DictOnly,
    "scalars_only": ScalarsOnly,
    "one_output": OneOutput,
    "three_outputs": ThreeOutputs,
}
