"""What reading a captured graph tells: devices, and inputs without effect."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import torch

from sconce.export.torchscript import Program
from sconce.export.wording import is_own_code, is_user_code, short_path

_PLACE = re.compile(r"([^\s(\"]+\.py)(?:\((\d+)\)|\", line (\d+))")
_DEVICE = "DeviceObjType"


@dataclass(frozen=True)
class DeviceConstant:
    """A device that is part of the program, whatever runs it."""

    module: str
    device: str
    place: str

    def __str__(self) -> str:
        where = f" at {self.place}" if self.place else ""
        return (
            f"the device '{self.device}' is fixed in the graph{where}: the "
            "archive fails or is slow on any other; a trace cannot tell "
            "`device=x.device` from no device at all, torch.jit.script keeps "
            "both, in a trace x.new_zeros, x.new_ones "
            "or torch.zeros_like follow the input"
        )


def graphs(program: Program) -> Iterator[tuple[str, "torch._C.Graph"]]:
    """(module path, graph) of every method of every submodule."""
    if isinstance(program, torch.jit.ScriptFunction):
        yield "", program.graph
        return
    for path, module in program.named_modules():
        if not isinstance(module, torch.jit.ScriptModule):
            continue
        for name in module._c._method_names():
            yield path, module._c._get_method(name).graph


def nodes(block: object) -> Iterator["torch._C.Node"]:
    """All nodes, those of branches and loops too."""
    for node in block.nodes():  # type: ignore[attr-defined]
        yield node
        for inner in node.blocks():
            yield from nodes(inner)


def is_device(node: "torch._C.Node") -> bool:
    return (
        node.kind() == "prim::Constant"
        and node.output().type().kind() == _DEVICE
        and node.hasAttribute("value")
    )


def device_constants(program: Program) -> list[DeviceConstant]:
    """One entry for each device and place, in the graph's order."""
    found = [
        DeviceConstant(path, node.s("value"), place_of(node))
        for path, graph in graphs(program)
        for node in nodes(graph)
        if is_device(node)
    ]
    return list(dict.fromkeys(found))


def place_of(node: "torch._C.Node") -> str:
    """Where the value was made; the compiler pools the constants of a script
    and forgets the place, so where it is used then."""
    users = [use.user for out in node.outputs() for use in out.uses()]
    places = [user_place(str(one.sourceRange())) for one in [node, *users]]
    return next((place for place in places if place), "")


def unused_inputs(program: Program, method: str) -> list[str]:
    """The method's tensor inputs that no node of its graph reads."""
    if isinstance(program, torch.jit.ScriptFunction):
        graph = program.graph
    else:
        graph = program._c._get_method(method).graph
    return [
        value.debugName()
        for value in graph.inputs()
        if value.type().kind() == "TensorType" and not value.uses()
    ]


def user_place(source_range: str) -> str:
    """`file.py:12`, the innermost line outside of PyTorch; "" if none.

    The exporter's own caller is further out, and not at fault.
    """
    for match in _PLACE.finditer(source_range):
        if is_own_code(match[1]):
            break
        if is_user_code(match[1]):
            return f"{short_path(match[1])}:{match[2] or match[3]}"
    return ""
