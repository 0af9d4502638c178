"""Reads the signature of a scripted method from its TorchScript schema."""

import inspect
from typing import Any

import torch

from sconce.archive import Scalar
from sconce.export.errors import UsageError


def schema_signature(model: object, method: str) -> inspect.Signature:
    """The arguments without self, with defaults where the schema has them.

    Raises UsageError naming the methods that there are.
    """
    parameters = [
        inspect.Parameter(
            argument.name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=_default(argument),
            annotation=str(argument.type),
        )
        for argument in _arguments(model, method)
    ]
    return inspect.Signature(parameters)


def schema_defaults(model: object, method: str) -> dict[str, Scalar]:
    """The arguments that may be left out, and what is taken for them; None
    for a default that no client could send."""
    return {
        argument.name: _scalar(argument.default_value)
        for argument in _arguments(model, method)
        if argument.has_default_value()
    }


def _scalar(value: object) -> Scalar:
    return value if isinstance(value, (bool, int, float, str)) else None


def method_names(model: object) -> list[str]:
    """The compiled methods of a module; forward alone for a function."""
    if isinstance(model, torch.jit.ScriptFunction):
        return ["forward"]
    return sorted(model._c._method_names())  # type: ignore[attr-defined]


def _schema(model: object, method: str) -> Any:
    if isinstance(model, torch.jit.ScriptFunction) and method == "forward":
        schema: Any = model.schema  # a property, which the stub calls a method
        return schema
    if method not in (names := method_names(model)):
        raise UsageError(
            f"no method '{method}' in the scripted model, it has: "
            f"{', '.join(names) or 'none'}"
        )
    own: Any = model
    return own._c._get_method(method).schema


def _arguments(model: object, method: str) -> list["torch._C.Argument"]:
    """Without the module itself, whatever the author has called it."""
    arguments = list(_schema(model, method).arguments)
    if isinstance(model, torch.jit.ScriptFunction):
        return arguments
    return arguments[1:]


def _default(argument: "torch._C.Argument") -> object:
    if argument.has_default_value():
        return argument.default_value
    return inspect.Parameter.empty
