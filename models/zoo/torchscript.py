"""Traces and scripts as parts of a larger module."""

import torch
from sconce.export.quiet import no_deprecation
from torch import Tensor, nn


def traced(module: nn.Module, *examples: Tensor) -> torch.jit.ScriptModule:
    """A trace to build into another module.

    Nothing is proved here: the export of the whole module does that.
    """
    with no_deprecation():
        return torch.jit.trace(module, examples, check_trace=False)


def scripted(module: nn.Module) -> torch.jit.ScriptModule:
    """A script to build into another module."""
    with no_deprecation():
        return torch.jit.script(module)
