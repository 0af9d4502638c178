"""What a zoo factory returns: a module and all that is needed to export it."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class TensorSpec:
    """One input or output as `config.pbtxt` describes it.

    `dims` leaves out the batch dimension where the model is batched, as
    Triton's format asks; -1 stands for any size.
    """

    name: str
    data_type: str
    dims: tuple[int, ...]


@dataclass(frozen=True)
class ModelConfig:
    """The part of a model's `config.pbtxt` that the zoo makes use of."""

    max_batch_size: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


@dataclass(frozen=True)
class ZooModel:
    """A module in eval mode, example inputs and the way to TorchScript.

    The keys of `inputs` are the argument names of `forward`, in its order.
    Without a `config` the server has to find out everything by itself.
    """

    name: str
    module: nn.Module
    inputs: dict[str, Tensor]
    method: Literal["trace", "script"]
    config: ModelConfig | None = None

    def __post_init__(self) -> None:
        self.module.eval()
        self.module.requires_grad_(False)


def seeded(seed: int = 0) -> torch.Generator:
    """A generator for example inputs, apart from the global one."""
    return torch.Generator().manual_seed(seed)
