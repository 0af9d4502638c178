"""Models of the ONNX tests, and what to do with them."""

from pathlib import Path
from typing import Dict  # noqa: UP035

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sconce.export import ExportReport, export
from sconce.export.quiet import no_deprecation
from sconce.export.progress import Silent
from sconce.onnx.also import also_onnx
from sconce.onnx.report import OnnxReport
from sconce.onnx.resize import resize_bicubic

Named = Dict[str, Tensor]  # noqa: UP006 - TorchScript knows this spelling


class Mlp(nn.Module):
    """Two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(10, 5)
        self.second = nn.Linear(5, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(F.relu(self.first(x)))


class Volume(nn.Module):
    """Conv3d, division by the mean, relu beside relu6."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, 4, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        y = y / (1 + y.abs().mean())
        return torch.cat([F.relu(y), F.relu6(y)], 1)


class SuperResolution(nn.Module):
    """SRCNN whose scale is an input, by `resize_bicubic`."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.last = nn.Conv2d(4, 1, 3, padding=1)

    def forward(self, x: Tensor, scale: Tensor) -> Tensor:
        return self.last(F.relu(self.conv(resize_bicubic(x, scale))))


class ScriptedResolution(SuperResolution):
    """The same by `F.interpolate`, which a trace gets wrong."""

    def forward(self, x: Tensor, scale: Tensor) -> Tensor:
        x = F.interpolate(
            x, scale_factor=float(scale), mode="bicubic", align_corners=False
        )
        return self.last(F.relu(self.conv(x)))


class Bessel(nn.Module):
    """Two operators that ONNX does not have, in two lines."""

    def forward(self, x: Tensor) -> Tensor:
        y = torch.linalg.svdvals(x)
        return torch.special.bessel_j0(y)


class Looping(nn.Module):
    """A loop, a branch on values, and a text."""

    def forward(self, x: Tensor, n: int, mode: str, extra: int = 7) -> Tensor:
        for _ in range(n):
            x = x * 2 + extra
        if bool(x.sum() > 0):
            x = x.sqrt()
        if mode == "shift":
            x = x + 1
        return x


class Structures(nn.Module):
    """A dict in, a dict out, and a branch that needs a script."""

    def forward(self, x: Tensor, more: Named) -> Named:
        y = x + more["k"]
        if bool(y.sum() > 0):
            y = y * 2
        return {"sum": y, "given": x}


class Methods(nn.Module):
    """A second exported method."""

    def forward(self, x: Tensor) -> Tensor:
        return x + 1

    @torch.jit.export
    def twice(self, x: Tensor) -> Tensor:
        return x * 2


class Counting(nn.Module):
    """Remembers how often it was called."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls = self.calls + 1
        return x + self.calls


class Remembering(nn.Module):
    """A dict that is filled while it runs."""

    def forward(self, x: Tensor) -> Tensor:
        seen: Dict[int, bool] = {}  # noqa: UP006
        for row in range(x.size(0)):
            seen[int(x[row, 0])] = True
        return x + len(seen)


class RowMean(nn.Module):
    """NaN for rows without a value."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


class Loop(nn.Module):
    """Its length is not known to a trace."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(x.size(0)):
            x = x + 1
        return x


class Mixed(nn.Module):
    """A script within a model that is traced, and a dict."""

    def __init__(self) -> None:
        super().__init__()
        with no_deprecation():
            self.loop = torch.jit.script(Loop())

    def forward(self, more: Named) -> Named:
        return {"sum": self.loop(more["k.1"]) + 1, "given": more["j"]}


class Recurrent(nn.Module):
    """An LSTM over the rows of each sequence."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(4, 5, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        rows, _ = self.lstm(x)
        return rows


class Widening(nn.Module):
    """Takes bfloat16 and computes in float32."""

    def forward(self, x: Tensor) -> Tensor:
        return x.float() * 2


class Choosing(nn.Module):
    """Does not read its first input."""

    def forward(self, state: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        y = torch.tanh(x)
        return y, y


def convert(
    report: ExportReport,
    opset: int | None = None,
    allow_mismatch: bool = False,
) -> list[OnnxReport]:
    """The ONNX files of an export."""
    return also_onnx(
        report, Silent(), opset=opset, allow_mismatch=allow_mismatch
    )


def exported(
    model: nn.Module,
    inputs: tuple[object, ...],
    folder: Path,
    **options: object,
) -> ExportReport:
    """`folder/model.pt`, in eval mode."""
    torch.manual_seed(0)
    return export(model.eval(), inputs, folder / "model.pt", **options)
