"""Keeps the default values of a scripted function.

TorchScript saves a function as a module's forward and drops its defaults;
those of a method stay. A function that has some becomes such a method.
"""

from typing import Any

import torch
from torch import nn

from sconce.export.schema import schema_defaults
from sconce.export.torchscript import Program, script


class ScriptedFunction(nn.Module):
    """Holds the function; forward is defined when the schema is known."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function


def with_defaults(program: Program) -> Program:
    """The program itself, unless it is a function with default values."""
    if not isinstance(program, torch.jit.ScriptFunction):
        return program
    if not schema_defaults(program, "forward"):
        return program
    method: Any = script(ScriptedFunction(program))
    try:
        method.define(_forward(program))
    except RuntimeError:
        # A type that cannot be written down, such as a NamedTuple's.
        return program
    return method  # type: ignore[no-any-return]


def _forward(function: Any) -> str:
    """The source of a method that passes everything on to the function."""
    arguments = function.schema.arguments
    declared = ", ".join(
        f"{one.name}: {one.type}{_default(one)}" for one in arguments
    )
    names = ", ".join(one.name for one in arguments)
    return (
        f"def forward(self, {declared}):\n"
        f"    return self.function({names})\n"
    )


def _default(argument: Any) -> str:
    if not argument.has_default_value():
        return ""
    return f" = {argument.default_value!r}"
