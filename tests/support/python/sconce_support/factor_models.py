"""Models whose answer tells their version: they multiply by a number."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.inference import infer_inputs
from sconce_support.waiting import eventually

INPUT = np.arange(4, dtype=np.float32).reshape(1, 4) + 1


class Times(nn.Module):
    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def write_archive(path: Path, factor: float) -> Path:
    """A scripted module that multiplies its input."""
    torch.jit.script(Times(factor).eval()).save(str(path))
    return path


def add_version(
    repository: Path, model: str, version: int, factor: float | None = None
) -> Path:
    """Makes <model>/<version>/model.pt appear in one step.

    Multiplies by the version unless told otherwise.
    """
    folder = repository / model / str(version)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = repository / f".draft-{model}-{version}"
    draft.mkdir()
    write_archive(
        draft / "model.pt", float(version if factor is None else factor)
    )
    draft.rename(folder)
    return folder / "model.pt"


def replace_archive(path: Path, factor: float) -> None:
    """Another archive in the place of this one, in one step."""
    draft = path.with_name(".draft.pt")
    write_archive(draft, factor)
    os.replace(draft, path)


def ask(
    client: InferenceServerClient, model: str, version: str = ""
) -> tuple[str, float]:
    """The version that answered, and by what it multiplied."""
    result = client.infer(
        model, infer_inputs({"x": INPUT}), model_version=version
    )
    response = result.get_response()
    values = result.as_numpy(response.outputs[0].name)
    return response.model_version, float((values / INPUT).mean())


def wait_for_answer(
    client: InferenceServerClient, model: str, version: str, factor: float
) -> None:
    """Until this version answers a request that names none, and so."""
    eventually(
        lambda: _answer(client, model) == (version, factor),
        f"version {version} of {model} to multiply by {factor}",
    )


def _answer(
    client: InferenceServerClient, model: str
) -> tuple[str, float] | None:
    try:
        return ask(client, model)
    except InferenceServerException:
        return None


def index_of(
    client: InferenceServerClient, model: str
) -> dict[str, tuple[str, str]]:
    """State and reason by version, as the repository index has them."""
    entries: Sequence = client.get_model_repository_index().models
    return {
        entry.version: (entry.state, entry.reason)
        for entry in entries
        if entry.name == model
    }
