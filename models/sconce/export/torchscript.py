"""TorchScript's own calls, with types and without its deprecation notice."""

import io
from collections.abc import Mapping
from typing import Any, Union

import torch

from sconce.export.quiet import no_deprecation

# A string, because the class is generic for type checkers only.
Program = Union[torch.jit.ScriptModule, "torch.jit.ScriptFunction[Any, Any]"]
Tensors = tuple[torch.Tensor, ...]


def script(model: object) -> Program:
    with no_deprecation():
        compile_: Any = torch.jit.script
        program: Program = compile_(model)
    return program


def trace_methods(
    module: torch.nn.Module, inputs: Mapping[str, Tensors]
) -> torch.jit.ScriptModule:
    """One run of each method; PyTorch's own check, of traces against each
    other, is left out."""
    with no_deprecation():
        trace: Any = torch.jit.trace_module
        program: torch.jit.ScriptModule = trace(
            module, dict(inputs), check_trace=False, strict=False
        )
    return program


def to_bytes(
    program: Program, extra_files: Mapping[str, bytes] | None = None
) -> bytes:
    """The archive. In memory, because a file's name would be a part of it."""
    save: Any = program.save_to_buffer
    content: bytes = save(_extra_files=dict(extra_files or {}))
    return content


def from_bytes(content: bytes) -> torch.jit.ScriptModule:
    """What a server gets."""
    with no_deprecation():
        load: Any = torch.jit.load
        loaded: torch.jit.ScriptModule = load(io.BytesIO(content))
    return loaded
