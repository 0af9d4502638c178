"""Random weights and inputs that are the same in every process."""

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor, nn

_Module = TypeVar("_Module", bound=nn.Module)


def seeded(make: Callable[[], _Module]) -> _Module:
    """The module that `make` returns, in eval mode, with seeded weights.

    PyTorch's own random state is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = make()
    module.requires_grad_(False)
    return module.eval()


def normal(*shape: int, seed: int = 0) -> Tensor:
    """A float32 tensor of normally distributed values."""
    return torch.randn(shape, generator=_generator(seed))


def uniform(*shape: int, seed: int = 0) -> Tensor:
    """A float32 tensor of values in [0, 1), as images have them."""
    return torch.rand(shape, generator=_generator(seed))


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)
