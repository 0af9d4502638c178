"""What a scripted module keeps between calls, read from its graph."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from sconce.export.graph_findings import nodes

# Stands for an attribute that the program assigns to when it runs.
WRITTEN = object()

Values = dict[str, tuple[str, Any]]  # by name: attribute path and value


class ScriptedState:
    """The tensors and attributes that a module's methods use."""

    def __init__(
        self,
        path: str,
        module: torch.jit.ScriptModule,
        methods: Sequence[str],
    ) -> None:
        self._path = path
        self._tensors: dict[str, Tensor] = {}
        self._written: set[str] = set()
        for method in methods:
            if module._c._has_method(method):
                self._read(module._c, method)

    def marks(self) -> dict[str, object]:
        """Per attribute: WRITTEN, or a tensor's version, which writes
        raise."""
        found: dict[str, object] = {
            self._name(key): value._version
            for key, value in self._tensors.items()
        }
        return found | {self._name(key): WRITTEN for key in self._written}

    def _name(self, key: str) -> str:
        return f"{self._path}.{key}".lstrip(".")

    def _read(self, module: "torch._C.ScriptModule", method: str) -> None:
        graph = module._get_method(method).graph.copy()
        torch._C._jit_pass_inline(graph)
        values: Values = {}
        own = next(graph.inputs(), None)
        if own is not None:
            values[own.debugName()] = ("", module)
        for node in nodes(graph):
            owner = _owner(node, values)
            if owner is not None:
                self._read_attribute(node, owner, values)

    def _read_attribute(
        self, node: "torch._C.Node", owner: tuple[str, Any], values: Values
    ) -> None:
        name = node.s("name")
        path = f"{owner[0]}.{name}".lstrip(".")
        if node.kind() == "prim::SetAttr":
            self._written.add(path)
            return
        value = owner[1].getattr(name)
        values[node.output().debugName()] = (path, value)
        if isinstance(value, Tensor):
            self._tensors[path] = value


def scripted_states(
    model: object, methods: Sequence[str]
) -> list[ScriptedState]:
    """One for each scripted module in the model; inside another module only
    forward is called."""
    if not isinstance(model, nn.Module):
        return []
    return [
        ScriptedState(path, module, methods if not path else ("forward",))
        for path, module in model.named_modules()
        if isinstance(module, torch.jit.ScriptModule)
        and (not path or not isinstance(model, torch.jit.ScriptModule))
    ]


def _owner(
    node: "torch._C.Node", values: Values
) -> tuple[str, Any] | None:
    """Path and module that the node reads from or writes to."""
    if node.kind() not in ("prim::GetAttr", "prim::SetAttr"):
        return None
    owner = values.get(next(node.inputs()).debugName())
    if owner is None or not hasattr(owner[1], "getattr"):
        return None
    return owner
