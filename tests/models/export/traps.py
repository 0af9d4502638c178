"""Modules that a trace gets wrong, small and one trap each."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Gate(nn.Module):
    """Z2: which way a sum goes decides the branch."""

    def forward(self, x: Tensor) -> Tensor:
        if x.sum() > 0:
            return x
        return -x


class Cell(nn.Module):
    """Z2: the gate inside a cell with two inputs and two outputs."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(4, 4)
        self.gate = Gate()

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        new_h = torch.tanh(self.gate(self.linear(x)) + h)
        return new_h, new_h


class Loop(nn.Module):
    """Z3: a loop over the rows of a sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)

    def forward(self, xs: Tensor) -> Tensor:
        h = xs.new_zeros(2, 4)
        for i in range(xs.size(0)):
            h = torch.tanh(self.linear(xs[i]) + h)
        return h


class MeanDivision(nn.Module):
    """Z6: a mean read into Python, over the whole batch."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, 4, (3, 3, 3), padding=(0, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x / x.mean().item())
        return torch.cat([F.relu(x), F.relu6(x)], 1)


class Upscale(nn.Module):
    """Z11: the scale is a tensor, read into Python."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: Tensor, scale: Tensor) -> Tensor:
        factor = float(scale.item())
        x = F.interpolate(
            x, scale_factor=factor, mode="bicubic", align_corners=False
        )
        return self.conv(x)


class Repeat(nn.Module):
    """Z13: a loop of n rounds, n a tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1)

    def forward(self, x: Tensor, n: Tensor) -> Tensor:
        for _ in range(int(n)):
            x = self.conv(x)
        return x


class Scaled(nn.Module):
    """A number as an argument, with a default."""

    def forward(self, x: Tensor, n: int, scale: float = 2.0) -> Tensor:
        return x * n * scale


class NumpyRoot(nn.Module):
    """NumPy in the middle of forward."""

    def forward(self, x: Tensor) -> Tensor:
        root = np.sqrt(np.abs(x.numpy()))
        return torch.from_numpy(root) + x


class Positions(nn.Module):
    """Z15: made on the input's device, which a trace fixes."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.arange(x.shape[1], device=x.device)


def root_or_square(x: Tensor) -> Tensor:
    """Z4: a function."""
    if x.sum() > 0:
        return torch.sqrt(x)
    return torch.square(x)


def count_rows(x: Tensor) -> Tensor:
    """Z5: len() is a number."""
    return torch.arange(len(x))


def larger(x: Tensor, y: Tensor) -> Tensor:
    """Z14: control flow between two inputs."""
    if x.max() > y.max():
        chosen = x
    else:
        chosen = y
    return chosen
