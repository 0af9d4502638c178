"""The models that the containers serve."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import resnet18


class Slow(nn.Module):
    """Some milliseconds of work, so that requests are always under way."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(40):
            x = torch.tanh(x @ x)
        return x


class Hungry(nn.Module):
    """Takes as many bytes as the request says, and writes to all of them."""

    def forward(self, size: int) -> int:
        return int(torch.full([size], 1, dtype=torch.uint8)[-1])


def network() -> nn.Module:
    """Convolutions and all: most of what LibTorch's CPU half has to do."""
    torch.manual_seed(1)
    return resnet18().eval()


def write_models(folder: Path, version: int = 1) -> Path:
    """`version` tells two servers apart that have the same models."""
    example = torch.rand(1, 3, 64, 64)
    made = {
        "resnet18": torch.jit.trace(network(), example),
        "slow": torch.jit.script(Slow().eval()),
        "hungry": torch.jit.script(Hungry().eval()),
    }
    for name, module in made.items():
        (folder / name / str(version)).mkdir(parents=True)
        module.save(folder / name / str(version) / "model.pt")
    # pytest's folders are their owner's alone, the server is somebody else.
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder
