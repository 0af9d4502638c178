"""The models of first_requests.py and one request for each.

`cnn` is a trace as most people write it, without the exporter: it holds no
examples, and works for images of its size only. `resnet18` and `minilm` are
the zoo's; minilm gets a sentence of a length that its examples do not have.
"""

import shutil
import warnings
from pathlib import Path

import numpy as np
import torch
from models.zoo.seeds import normal, seeded
from sconce_support.eager import Arrays, example
from sconce_support.inference import raw_request
from sconce_support.model_cache import zoo_repository
from torch import Tensor, nn

NAMES = ["cnn", "resnet18", "minilm"]

# Serves to warm the client; not measured.
_PRACTICE_MODEL = "mlp_traced"
_SIDE = 32
_TOKENS = 16
_WORD = 2000  # the number of some word


def write(repository: Path) -> None:
    zoo = zoo_repository()
    for name in ("resnet18", "minilm", _PRACTICE_MODEL):
        shutil.copytree(zoo / name, repository / name)
    archive = repository / "cnn" / "1" / "model.pt"
    archive.parent.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(seeded(_network), _image()).save(str(archive))


def practice() -> bytes:
    return _request(_PRACTICE_MODEL, example(_PRACTICE_MODEL))


def request(name: str) -> bytes:
    """A message for one of NAMES."""
    if name == "cnn":
        return _request(name, {"input": _image().numpy()})
    if name == "minilm":
        words = np.full((1, _TOKENS), _WORD)
        mask = np.ones_like(words)
        return _request(name, {"input_ids": words, "attention_mask": mask})
    return _request(name, example(name))


def _image() -> Tensor:
    return normal(1, 3, _SIDE, _SIDE)


def _network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * (_SIDE // 2) ** 2, 10),
    )


def _request(name: str, arrays: Arrays) -> bytes:
    content: bytes = raw_request(name, arrays).SerializeToString()
    return content
