"""The models that public example programs of the protocol ask for, by name.

Built here as TorchScript, with the tensor names and types that those programs
send: `simple` and its kin add and subtract, `simple_identity` gives back what
it got, `simple_sequence` tells the first request of a sequence from the others.
"""

from pathlib import Path

import torch
from sconce.export.quiet import no_deprecation
from torch import Tensor, nn

# The wire's names are the arguments' where no config.pbtxt says otherwise.
_VECTORS = """
max_batch_size: 8
input [ {{ name: "INPUT0" data_type: {0} dims: [ 16 ] }},
        {{ name: "INPUT1" data_type: {0} dims: [ 16 ] }} ]
output [ {{ name: "OUTPUT0" data_type: {0} dims: [ 16 ] }},
         {{ name: "OUTPUT1" data_type: {0} dims: [ 16 ] }} ]
"""
_STRINGS = """
input [ {{ name: "{0}" data_type: TYPE_STRING dims: [ {2} ] }} ]
output [ {{ name: "{1}" data_type: TYPE_STRING dims: [ {2} ] }} ]
"""


class AddSub(nn.Module):
    """OUTPUT0 is the sum and OUTPUT1 the difference of two [n, 16]."""

    def forward(self, INPUT0: Tensor, INPUT1: Tensor) -> tuple[Tensor, Tensor]:
        return INPUT0 + INPUT1, INPUT0 - INPUT1


class StringAddSub(nn.Module):
    """The same on the decimal text of numbers."""

    def forward(
        self, INPUT0: list[str], INPUT1: list[str]
    ) -> dict[str, list[str]]:
        sums: list[str] = []
        differences: list[str] = []
        for left, right in zip(INPUT0, INPUT1):
            sums.append(str(int(left) + int(right)))
            differences.append(str(int(left) - int(right)))
        return {"OUTPUT0": sums, "OUTPUT1": differences}


class StringIdentity(nn.Module):
    def forward(self, INPUT0: list[str]) -> dict[str, list[str]]:
        return {"OUTPUT0": INPUT0}


class SequenceStart(nn.Module):
    """One more than the input at the start of a sequence, else the input."""

    def __init__(self) -> None:
        super().__init__()
        self.requests: int = 0

    def forward(self, INPUT: Tensor) -> dict[str, Tensor]:
        self.requests += 1
        return {"OUTPUT": INPUT + 1 if self.requests == 1 else INPUT}


class Accumulator(nn.Module):
    """The sum of all inputs of a sequence so far; INT32 [1, 1]."""

    def __init__(self) -> None:
        super().__init__()
        self.total: Tensor = torch.zeros(1, 1, dtype=torch.int32)

    def forward(self, INPUT: Tensor) -> dict[str, Tensor]:
        self.total = self.total + INPUT
        return {"OUTPUT": self.total}


class Mlp(nn.Module):
    """FP32 [n, 32] to [n, 8], with weights that a seed makes."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(8)
            self.layers = nn.Sequential(
                nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, 8)
            )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class Embed(nn.Module):
    """INT64 ids [n, m], each in 0..99, to the mean of their FP32 vectors."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(9)
            self.table = nn.Embedding(100, 4)

    def forward(self, ids: Tensor) -> Tensor:
        return self.table(ids).mean(dim=1)


class Identity(nn.Module):
    """Any type, any shape."""

    def forward(self, x: Tensor) -> Tensor:
        return x


class Echo(nn.Module):
    """Strings, one a row."""

    def forward(self, s: list[str]) -> list[str]:
        return s


class Columns(nn.Module):
    """What is multiplied are the columns of a table, each [n, 1]."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a * b


class Endless(nn.Module):
    """Adds until told otherwise: what a client's deadline is tried on."""

    def forward(self, x: Tensor, steps: int) -> Tensor:
        for _ in range(steps):
            x = x + 1
        return x


MODELS: dict[str, type[nn.Module]] = {
    "simple": AddSub,
    "simple_int8": AddSub,
    "simple_string": StringAddSub,
    "simple_identity": StringIdentity,
    "simple_sequence": SequenceStart,
    "accumulate": Accumulator,
    "mlp": Mlp,
    "embed": Embed,
    "identity": Identity,
    "echo": Echo,
    "columns": Columns,
    "endless": Endless,
}
CONFIGS = {
    "simple": _VECTORS.format("TYPE_INT32"),
    "simple_int8": _VECTORS.format("TYPE_INT8"),
    "simple_string": _VECTORS.format("TYPE_STRING"),
    "simple_identity": _STRINGS.format("INPUT0", "OUTPUT0", "1, -1"),
    "echo": _STRINGS.format("s", "output_0", "-1, 1"),
}


def write_models(folder: Path, *names: str) -> Path:
    """<folder>/<name>/1/model.pt for each; all models when none is named."""
    for name in names or MODELS:
        version = folder / name / "1"
        version.mkdir(parents=True)
        with no_deprecation():
            scripted = torch.jit.script(eager(name))
        scripted.save(str(version / "model.pt"))
        if name in CONFIGS:
            (folder / name / "config.pbtxt").write_text(CONFIGS[name])
    return folder


def eager(name: str) -> nn.Module:
    """The module itself, for the answers that a client must get."""
    return MODELS[name]().eval()
