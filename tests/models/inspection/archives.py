"""Models whose archives the tests look at."""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Dict, List, NamedTuple, Optional, Tuple  # noqa: UP035

import torch
from torch import Tensor, nn

from sconce.export.quiet import no_deprecation


class Found(NamedTuple):
    """What `Detector.find` returns."""

    boxes: Tensor
    count: int


class Detector(nn.Module):
    """Several methods, defaults, a dict, a loop and a branch."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4)
        self.second.weight = self.first.weight
        self.register_buffer("mean", torch.zeros(3, dtype=torch.int64))

    def forward(
        self,
        x: Tensor,
        scale: float = 1.5,
        names: Optional[List[str]] = None,  # noqa: UP007, UP006
        mode: str = "fast",
    ) -> Dict[str, Tensor]:  # noqa: UP006
        y = self.second(self.first(x)) * scale
        if mode != "fast" and names is not None:
            y = y + len(names)
        return {"scores": y, "mean": self.mean}

    @torch.jit.export
    def find(self, x: Tensor, box: Tuple[int, int]) -> Found:  # noqa: UP006
        for _ in range(box[0]):
            if bool(x.sum() > 0):
                x = x + 1
        return Found(x, box[1])


class Ramp(nn.Module):
    """A trace of it fixes the device and a table."""

    def forward(self, x: Tensor) -> Tensor:
        ramp = torch.arange(x.shape[0], device=x.device)  # the device's line
        return x + ramp + torch.tensor([0.5, 0.25, 0.125])[0]


class Nested(nn.Module):
    """Takes tensors in a dict and a list."""

    def forward(
        self,
        x: Tensor,
        more: Dict[str, Tensor],  # noqa: UP006
        rest: List[Tensor],  # noqa: UP006
    ) -> Tensor:
        return x + more["k"].sum() + rest[0]


class Waking(nn.Module):
    """Its archive runs code while it is loaded."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = 2

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor

    @torch.jit.export
    def __getstate__(self) -> Tuple[int, bool]:  # noqa: UP006
        return self.factor, self.training

    @torch.jit.export
    def __setstate__(self, state: Tuple[int, bool]) -> None:  # noqa: UP006
        self.factor = state[0] + 40
        self.training = state[1]


class Reading(nn.Module):
    """Opens a file when it runs."""

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.from_file("secret", size=3)


class Refusing(nn.Module):
    """Fails whenever it is run."""

    def forward(self, x: Tensor) -> Tensor:
        raise ValueError("this model was run")


def scripted(model: nn.Module, path: Path) -> Path:
    """The path of the archive of a script."""
    with no_deprecation():
        torch.jit.save(torch.jit.script(model.eval()), path)
    return path


def traced(model: nn.Module, inputs: tuple[object, ...], path: Path) -> Path:
    """The path of the archive of a trace."""
    with no_deprecation():
        traced_model = torch.jit.trace(model.eval(), inputs, strict=False)
        torch.jit.save(traced_model, path)
    return path


def rewritten(
    source: Path, target: Path, change: Callable[[str, bytes], bytes]
) -> Path:
    """A copy whose records have gone through `change(name, bytes)`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return target


def line_of(text: str) -> int:
    """The number of the line of this file that ends in `text`."""
    lines = Path(__file__).read_text().splitlines()
    return next(n for n, line in enumerate(lines, 1) if line.endswith(text))
