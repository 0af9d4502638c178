"""A scripted method as a module of flat values in and flat values out.

ONNX knows tensors and numbers, no dicts and no texts. A few lines of
TorchScript around the archive's method build the structures it expects from
flat arguments, and take its result apart; the converter then sees through
both. Texts are written into these lines: ONNX has no place for them.
"""

from typing import Any

import torch
from torch import Tensor

from sconce.export.errors import ExportError
from sconce.export.leaves import Inputs, Leaf
from sconce.export.quiet import no_deprecation

TYPES = {Tensor: "Tensor", bool: "bool", int: "int", float: "float"}


class FlatScript(torch.jit.ScriptModule):
    """`inner`, and the method `forward` that `source` defines."""

    def __init__(self, inner: torch.jit.ScriptModule, source: str) -> None:
        super().__init__()
        self.inner = inner
        self.define(source)


def flat_script(
    program: torch.jit.ScriptModule,
    method: str,
    inputs: Inputs,
    input_structure: Any,
    output_structure: Any,
) -> torch.jit.ScriptModule:
    """`inputs` are the example's leaves by name; texts among them are baked.

    Raises ExportError for structures that TorchScript cannot write down.
    """
    source = flat_source(method, inputs, input_structure, output_structure)
    try:
        with no_deprecation():
            return FlatScript(program, source)
    except RuntimeError as error:
        raise ExportError(
            f"{method} cannot be made flat for ONNX: "
            f"{str(error).strip().splitlines()[0]}"
        ) from error


def baked_inputs(inputs: Inputs) -> Inputs:
    """The inputs that become constants of the ONNX file."""
    return {k: v for k, v in inputs.items() if _type_of(v) is None}


def flat_source(
    method: str, inputs: Inputs, given: Any, returned: Any
) -> str:
    """The TorchScript of `forward`; leaf number n is argument `v<n>`."""
    names = {
        name: repr(value) if _type_of(value) is None else f"v{number}"
        for number, (name, value) in enumerate(inputs.items())
    }
    typed = [
        f"{names[name]}: {_type_of(value)}"
        for name, value in inputs.items()
        if _type_of(value) is not None
    ]
    arguments = [f"{k}={_built(v, names)}" for k, v in given["dict"]]
    return (
        f"def forward({', '.join(['self', *typed])}):\n"
        f"    out = self.inner.{method}({', '.join(arguments)})\n"
        f"    return {_flattened(returned)}\n"
    )


def _type_of(value: Leaf) -> str | None:
    kinds = (text for kind, text in TYPES.items() if isinstance(value, kind))
    return next(kinds, None)


def _built(structure: Any, names: dict[str, str]) -> str:
    """An expression that puts the arguments into their structure."""
    match structure:
        case {"leaf": name}:
            return names[name]
        case {"none": True}:
            return "None"
        case {"tuple": parts}:
            return f"({''.join(_built(part, names) + ', ' for part in parts)})"
        case {"list": parts}:
            return f"[{', '.join(_built(part, names) for part in parts)}]"
        case {"dict": pairs}:
            items = [f"{key!r}: {_built(part, names)}" for key, part in pairs]
            return f"{{{', '.join(items)}}}"
    kind = next(iter(structure))
    raise ExportError(
        f"an input is a {kind} ({structure[kind]}), which the ONNX path "
        "cannot build in TorchScript; pass its fields as arguments"
    )


def _flattened(structure: Any) -> str:
    """An expression for the outputs: one leaf, or a tuple of all leaves."""
    found = _taken(structure, "out")
    return found[0] if len(found) == 1 else f"({', '.join(found)})"


def _taken(structure: Any, value: str) -> list[str]:
    """Expressions for the leaves below `value`, in order."""
    match structure:
        case {"leaf": _}:
            return [value]
        case {"none": True}:
            return []
        case {"tuple": parts} | {"list": parts}:
            below = [(part, f"{value}[{n}]") for n, part in enumerate(parts)]
        case {"dict": pairs}:
            below = [(part, f"{value}[{key!r}]") for key, part in pairs]
        case {"fields": fields}:
            below = [(part, f"{value}.{name}") for name, part in fields]
        case _:
            raise ExportError(f"unknown output structure {structure}")
    return [leaf for part, text in below for leaf in _taken(part, text)]
