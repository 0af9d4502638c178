"""Archives of resnet18 that answer differently, and what they answer.

Version n of the model is archive n modulo their number, whose last bias is
shifted, so that the answer tells the archive.
"""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import torch
from models.zoo.repository import Layout, archive_path, write_model
from sconce_support.eager import zoo_model
from torch import Tensor, nn
from tritonclient.grpc import service_pb2

NAME = "resnet18"
_SHIFT = 100.0  # far beyond what rounding could do


class Shifted(nn.Module):
    def __init__(self, module: nn.Module, shift: float) -> None:
        super().__init__()
        self.module = module
        self.shift = nn.Parameter(torch.tensor(shift), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.module(x) + self.shift


class Archives:
    """Versions are links to them. What `folder` has already is not written
    again: an export takes a minute."""

    def __init__(self, folder: Path, count: int = 3) -> None:
        model = zoo_model(NAME)
        image = next(iter(model.inputs.values()))
        self._paths = []
        self._answers = []
        for number in range(count):
            shifted = Shifted(model.module, number * _SHIFT).eval()
            entry = dataclasses.replace(
                model,
                module=shifted,
                how="trace",
                inputs={"x": image},
                dynamic=None,
                more_examples=(),
                unseen=(),
                config=None,
            )
            path = archive_path(entry, folder / str(number), Layout.BARE)
            if not path.exists():
                write_model(entry, folder / str(number), Layout.BARE)
            self._paths.append(path)
            with torch.inference_mode():
                self._answers.append(shifted(image).numpy())
        self.inputs = {"x": image.numpy()}

    def add(self, repository: Path, version: int) -> None:
        """Makes the version appear in one step."""
        ready = repository / NAME / str(version)
        draft = repository / f".{version}"
        draft.mkdir(parents=True)
        shutil.copy(
            self._paths[version % len(self._paths)], draft / "model.pt"
        )
        ready.parent.mkdir(exist_ok=True)
        draft.rename(ready)

    def remove(self, repository: Path, version: int) -> None:
        shutil.rmtree(repository / NAME / str(version))

    def is_right(self, response: service_pb2.ModelInferResponse) -> bool:
        """Whether it is the answer of the version that it names."""
        expected = self._answers[
            int(response.model_version) % len(self._answers)
        ]
        given = np.frombuffer(response.raw_output_contents[0], np.float32)
        return given.size == expected.size and bool(
            np.allclose(given, expected.reshape(-1), rtol=1e-3, atol=1e-2)
        )
