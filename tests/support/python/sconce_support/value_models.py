"""A scripted module whose methods take and give values beside tensors."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Point(NamedTuple):
    left: Tensor
    right: Tensor


class Values(nn.Module):
    """Each method takes and gives what its name says."""

    def forward(self, x: Tensor, n: int = 2) -> Tensor:
        return x * n

    @torch.jit.export
    def scalars(
        self, b: bool, i: int, f: float, s: str
    ) -> tuple[bool, int, float, str]:
        return not b, i + 1, f * 2, s + "!"

    @torch.jit.export
    def lists(
        self, i: list[int], f: list[float], s: list[str]
    ) -> tuple[list[int], list[float], list[str]]:
        return i + [1], f + [0.5], s + ["end"]

    @torch.jit.export
    def tensors(self, xs: list[Tensor], d: dict[str, Tensor]) -> Tensor:
        return xs[0] - xs[1] + d["a"] * 10

    @torch.jit.export
    def pair(self, t: tuple[Tensor, int], p: Point) -> Point:
        return Point(t[0] * t[1], p.left - p.right)

    @torch.jit.export
    def maybe(self, x: Tensor | None, y: Tensor) -> Tensor:
        return y if x is None else x + y

    @torch.jit.export
    def keys(self, x: Tensor) -> dict[int, Tensor]:
        return {3: x, 7: x + 1}

    @torch.jit.export
    def nested(self, x: Tensor) -> tuple[Tensor, dict[str, list[Tensor]]]:
        return x, {"all": [x, x + 1]}

    @torch.jit.export
    def nothing(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        return x, None

    @torch.jit.export
    def complex_result(self, x: Tensor) -> dict[str, Tensor]:
        return {"good": x, "spectrum": torch.fft.fft(x)}
