"""Models that do to a pod what a test is about. Nothing here is calibrated."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

_SIDE = 256

# Of models that multiply, as in sconce_support: says what a script does not.
CONFIG = """
input { name: "x" data_type: TYPE_FP32 dims: [ 1, 4 ] }
output { name: "output_0" data_type: TYPE_FP32 dims: [ 1, 4 ] }
"""

# The same, and requests wait for others, so that some are always under way
# without costing time of the processor.
CONFIG_THAT_WAITS = """
max_batch_size: 64
input { name: "x" data_type: TYPE_FP32 dims: [ 4 ] }
output { name: "output_0" data_type: TYPE_FP32 dims: [ 4 ] }
dynamic_batching { max_queue_delay_microseconds: 300000 }
"""


class Slow(nn.Module):
    """Some tens of milliseconds of one core for each request."""

    turn: Tensor

    def __init__(self) -> None:
        super().__init__()
        # A rotation of coordinates: products neither grow nor vanish.
        self.register_buffer("turn", torch.eye(_SIDE).roll(1, dims=0))

    def forward(self, x: Tensor) -> Tensor:
        # Of constants alone it would be computed when the model is loaded.
        product = self.turn + x.mean()
        for _ in range(50):
            product = product @ self.turn
        return product[:1, :1]


class Hog(nn.Module):
    """Takes as many MiB as it is asked to, and touches them."""

    def forward(self, mebibytes: Tensor) -> Tensor:
        count = int(mebibytes.max()) * 262144
        return torch.ones(count).sum().reshape(1, 1)


def save(module: nn.Module, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.jit.script(module.eval()).save(str(path))


def save_first_page(path: Path) -> None:
    """`net.pt` of README.md, by its own words."""
    page = (Path(__file__).resolve().parents[2] / "README.md").read_text()
    (script,) = re.findall(r"^```python\n(.*?jit\.script.*?)^```", page,
                           re.M | re.S)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(folder) / "my_models/net.pt", path)


def save_broken(path: Path) -> None:
    """What an upload that was cut off leaves."""
    save(Slow(), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
