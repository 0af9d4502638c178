"""Reads graphs: operators, and devices written into the program."""

from collections import Counter

import torch
from torch import Graph, Node

from sconce.export.graph_findings import is_device, nodes, user_place
from sconce.inspect.inspection import DeviceConstant

# A node of a loaded archive gives its line twice: in the user's file, and,
# after this word, in the code that the archive holds.
ARCHIVE_PART = "Serialized "
CONTROL_FLOW = {"prim::If", "prim::Loop", "prim::RaiseException"}


def operators(graph: Graph) -> dict[str, int]:
    """Operator to how often it stands in the graph, the most frequent first.

    Of the operators of the interpreter itself only control flow is counted.
    """
    kinds = (node.kind() for node in nodes(graph))
    counts = Counter(
        kind
        for kind in kinds
        if not kind.startswith("prim::") or kind in CONTROL_FLOW
    )
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def device_constants(method: str, graph: Graph) -> list[DeviceConstant]:
    """One entry for each operator that a device constant goes into."""
    return [
        DeviceConstant(method, node.s("value"), user.kind(), user_line(user))
        for node in nodes(graph)
        if is_device(node)
        for user in users(node)
    ]


def tensor_constants(graph: Graph) -> list[torch.Tensor]:
    """The tensors that a trace wrote into the program."""
    return [
        node.t("value")
        for node in nodes(graph)
        if node.kind() == "prim::Constant"
        and node.hasAttribute("value")
        and node.kindOf("value") == "t"
    ]


def users(node: Node) -> list[Node]:
    return [use.user for use in node.output().uses()]


def user_line(node: Node) -> str:
    """`file.py:12` outside of torch; empty where nothing is recorded."""
    return user_place(str(node.sourceRange()).partition(ARCHIVE_PART)[0])
