"""Names the operators that have no ONNX translation, with their lines."""

import re

import torch
from torch import nn
from torch.onnx import OnnxExporterError
from torch.onnx.errors import UnsupportedOperatorError
from torch.onnx.utils import unconvertible_ops

from sconce.export.errors import ExportError
from sconce.export.graph_findings import nodes, place_of
from sconce.export.leaves import Leaf
from sconce.onnx.opsets import NEWEST
from sconce.onnx.quiet import quiet

OPERATOR = re.compile(r"\w+::\w+")
ADDED_IN = re.compile(r"added in version (\d+)")


def untranslated(
    error: UnsupportedOperatorError,
    module: nn.Module,
    values: tuple[Leaf, ...],
    opset: int,
) -> ExportError:
    """The error for the user: the operators, their lines, what to do."""
    named = OPERATOR.findall(str(error))[:1]
    places = operator_places(module, values, opset)
    if isinstance(module, torch.jit.ScriptModule):
        # PyTorch lists none of the interpreter's own operators (prim::…).
        places |= places_in(module.inlined_graph, named)
    names = [*named, *(name for name in places if name not in named)]
    lines = [f"{name} at {place}" for name in names
             for place in places.get(name, [])]
    have = "has" if len(names) == 1 else "have"
    return ExportError(
        f"{', '.join(names)} {have} no ONNX translation in opset {opset}; "
        f"{remedy(error)}",
        lines,
    )


def remedy(error: UnsupportedOperatorError) -> str:
    added = ADDED_IN.search(str(error))
    if added and int(added[1]) <= NEWEST:
        return f"export with --opset {added[1]}"
    return (
        "replace the operator in the model, give it a translation with "
        "torch.onnx.register_custom_op_symbolic, or leave out --also onnx"
    )


def operator_places(
    module: nn.Module, values: tuple[Leaf, ...], opset: int
) -> dict[str, list[str]]:
    """Untranslated operator to lines of user code, as far as can be told.

    Empty where PyTorch cannot list them: the first is known all the same.
    """
    try:
        with torch.no_grad(), quiet([]):
            graph, names = unconvertible_ops(
                module, values, opset_version=opset
            )
    except OnnxExporterError:
        return {}
    return places_in(graph, names)


def places_in(graph: torch.Graph, names: list[str]) -> dict[str, list[str]]:
    """Operator to the lines that use it, each once."""
    found: dict[str, list[str]] = {name: [] for name in names}
    for node in nodes(graph):
        if node.kind() in found and (place := place_of(node)):
            found[node.kind()].append(place)
    return {name: list(dict.fromkeys(each)) for name, each in found.items()}
