"""Small models, each made to show one thing."""

import torch
from torch import Tensor, nn


class Identity(nn.Module):
    """What is left of a request when the model costs nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class Mlp(nn.Module):
    """Three large products: the device is busy, and launches are few."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(inputs, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class LaunchBound(nn.Module):
    """A chain of small products: launching one takes longer than running it.
    They cannot be fused into a few."""

    rotation: Tensor

    def __init__(self, width: int, steps: int) -> None:
        super().__init__()
        self.steps = steps
        # A rotation: values neither grow nor vanish.
        rotation = torch.linalg.qr(torch.randn(width, width)).Q
        self.register_buffer("rotation", rotation)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.steps):
            x = torch.mm(x, self.rotation)
        return x


class Square(nn.Module):
    """Takes memory for the square of its input's length, and answers with the
    input times the length, whatever `x` is."""

    def forward(self, x: Tensor) -> Tensor:
        length = x.size(1)
        table = x.unsqueeze(2).expand(-1, length, length).contiguous()
        return table.sum(2)


class Lookup(nn.Module):
    """Rows of a table. A number outside of it is, on a CUDA device, a failed
    assertion in a kernel, after which the process can use no device."""

    table: Tensor

    def __init__(self, rows: int, width: int) -> None:
        super().__init__()
        self.register_buffer("table", torch.randn(rows, width))

    def forward(self, index: Tensor) -> Tensor:
        return torch.embedding(self.table, index)
