"""Lets the devices that a trace has fixed follow an input instead."""

import torch

from sconce.export.graph_findings import graphs, is_device, nodes


def follow_inputs(program: torch.jit.ScriptModule) -> None:
    """Replaces each device constant by the device of the first tensor input.

    A graph without a tensor input keeps its constants. A device that the
    model's author wrote down on purpose cannot be told from `x.device` in a
    trace: what it computes stays the same, where it does so follows x.
    """
    for _, graph in graphs(program):
        _rewrite(graph)


def _rewrite(graph: "torch._C.Graph") -> None:
    constants = [node for node in nodes(graph) if is_device(node)]
    tensors = [
        value
        for value in graph.inputs()
        if value.type().kind() == "TensorType"
    ]
    if not constants or not tensors:
        return
    device = graph.create("prim::device", [tensors[0]], 1)
    device.output().setType(torch._C.DeviceObjType.get())
    graph.prependNode(device)
    for constant in constants:
        constant.output().replaceAllUsesWith(device.output())
        constant.destroy()
