"""What a scripted module keeps between calls, read from its graph."""

from collections.abc import Sequence

import torch
from torch import Tensor

from sconce.export.graph_findings import nodes

# Stands for an attribute that the program assigns to when it runs.
WRITTEN = object()


def scripted_marks(
    module: torch.jit.ScriptModule, methods: Sequence[str]
) -> dict[str, object]:
    """Per attribute: WRITTEN, or a tensor's version, which writes raise."""
    marks: dict[str, object] = {}
    for method in methods:
        if module._c._has_method(method):
            marks |= _marks_of(module._c, method)
    return marks


def _marks_of(
    module: "torch._C.ScriptModule", method: str
) -> dict[str, object]:
    graph = module._get_method(method).graph.copy()
    torch._C._jit_pass_inline(graph)
    values: dict[str, tuple[str, object]] = {}
    own = next(graph.inputs(), None)
    if own is not None:
        values[own.debugName()] = ("", module)
    marks: dict[str, object] = {}
    for node in nodes(graph):
        owner = _owner(node, values)
        if owner is None:
            continue
        path = f"{owner[0]}.{node.s('name')}".lstrip(".")
        if node.kind() == "prim::SetAttr":
            marks[path] = WRITTEN
            continue
        value = owner[1].getattr(node.s("name"))  # type: ignore[attr-defined]
        values[node.output().debugName()] = (path, value)
        if isinstance(value, Tensor):
            marks.setdefault(path, value._version)
    return marks


def _owner(
    node: "torch._C.Node", values: dict[str, tuple[str, object]]
) -> tuple[str, object] | None:
    """Path and module that the node reads from or writes to."""
    if node.kind() not in ("prim::GetAttr", "prim::SetAttr"):
        return None
    owner = values.get(next(node.inputs()).debugName())
    if owner is None or not hasattr(owner[1], "getattr"):
        return None
    return owner
