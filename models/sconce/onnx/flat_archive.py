"""The archive's method as a module of flat values in and flat values out."""

from typing import Any

import torch

from sconce.export.adapter import flat_names, is_plain
from sconce.export.attempts import Explored
from sconce.export.capture import Capture
from sconce.onnx.flat_script import flat_script


def flat_archive(
    capture: Capture, explored: Explored
) -> torch.jit.ScriptModule:
    """Converted from what is served: saved, and loaded again.

    Raises ExportError for structures that TorchScript cannot write down.
    """
    answer = explored.domain.cases[0].answer
    given, returned = explored.arguments.structure, answer.structure
    if capture.adapted:
        given = adapted_inputs(list(explored.arguments.given))
        returned = adapted_outputs(returned, list(answer.outputs))
    return flat_script(
        capture.reloaded(),
        explored.name,
        explored.arguments.given,
        given,
        returned,
    )


def adapted_inputs(names: list[str]) -> Any:
    """The adapter takes the leaves, under names without dots."""
    pairs = zip(flat_names(names), names, strict=True)
    return {"dict": [[flat, {"leaf": name}] for flat, name in pairs]}


def adapted_outputs(structure: Any, names: list[str]) -> Any:
    """It returns a tensor or a tuple as they are, else leaves by name."""
    if is_plain(structure):
        return structure
    return {"dict": [[name, {"leaf": name}] for name in names]}
