"""Notices when a model reads a tensor's values to decide by them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from sconce.export.graph_findings import graphs, nodes
from sconce.export.subject import Scripted
from sconce.export.torchscript import Program

_PYTHON = frozenset(
    ("__bool__", "__int__", "__float__", "__index__")
    + ("item", "tolist", "numpy")
)
_GRAPH = frozenset(
    ("aten::Bool", "aten::Int", "aten::Float", "aten::item")
    + ("aten::IntImplicit", "aten::FloatImplicit", "aten::ScalarImplicit")
)


class ValueReads(TorchFunctionMode):
    """Counts bool(x), int(x), x.item() and the like while it is active.

    Whatever a model decides by such a value may be decided otherwise for
    rows that share a batch. Calls in scripted code are not seen: ask
    `scripted_reads` for those.
    """

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if getattr(func, "__name__", "") in _PYTHON:
            self.count += 1
        return func(*args, **(kwargs or {}))


def scripted_reads(model: object) -> bool:
    """Whether scripted code in the model may read a tensor's values."""
    return any(
        node.kind() in _GRAPH
        for program in _programs(model)
        for _, graph in graphs(program)
        for node in nodes(graph)
    )


def _programs(model: object) -> list[Program]:
    if isinstance(model, Scripted):
        return [model]
    if not isinstance(model, nn.Module):
        return []
    return [
        module
        for module in model.modules()
        if isinstance(module, torch.jit.ScriptModule)
    ]
