"""`silero_vad`: the probability of speech, in an archive made by others.

It is served as it comes out of its package. `forward` takes the sampling rate
as an int, and it writes its state into the module: the next answer depends on
all chunks before it, so two clients that share the module disturb each other.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from sconce.export.quiet import no_deprecation
from torch import Tensor

from models.zoo.entry import Call, Inputs, ZooModel
from models.zoo.seeds import normal

PACKAGES = {"silero_vad"}
_RATE, _CHUNK = 16_000, 512


class FirstChunk:
    """The archive as a client meets it that shares it with nobody."""

    def __init__(self, module: torch.jit.ScriptModule) -> None:
        self._module = module

    def __call__(self, x: Tensor, sr: int) -> Tensor:
        self._module.reset_states()
        return self._module(x, sr)

    def audio_forward(self, x: Tensor, sr: int) -> Tensor:
        return self._module.audio_forward(x, sr)


def build() -> ZooModel:
    archive = _archive()
    with no_deprecation():
        module = torch.jit.load(archive)
    return ZooModel(
        "silero_vad",
        module,
        _sound(_CHUNK, seed=0),
        "copy",
        copied_from=archive,
        reference=FirstChunk(module),
        unseen=(
            Call(_sound(_CHUNK, seed=1)),
            Call(_sound(_CHUNK, seed=1)),
            Call(_sound(4000, seed=2), "audio_forward"),
        ),
    )


def _archive() -> Path:
    # Not by importing the package: that sets the number of torch's threads.
    spec = find_spec("silero_vad")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "no package 'silero_vad' is installed; run `make setup`"
        )
    return Path(spec.origin).parent / "data" / "silero_vad.jit"


def _sound(samples: int, seed: int) -> Inputs:
    return {"x": 0.1 * normal(1, samples, seed=seed), "sr": _RATE}
