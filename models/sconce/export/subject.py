"""What is exported: a model, its methods, and their examples by argument."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from sconce.export.errors import UsageError
from sconce.export.schema import schema_signature

Examples = tuple[object, ...] | Mapping[str, object] | torch.Tensor
Scripted = (torch.jit.ScriptModule, torch.jit.ScriptFunction)


@dataclass(frozen=True)
class Method:
    """One callable method and the arguments of its first example."""

    name: str
    signature: inspect.Signature
    example: dict[str, object]

    def bind(self, examples: Examples) -> dict[str, object]:
        """Argument values by name, in the signature's order.

        Raises UsageError for too many, too few or unknown arguments.
        """
        return _bind(self.name, self.signature, examples)


@dataclass(frozen=True)
class Subject:
    """A model with all that is known of it before anything runs."""

    model: Callable[..., object]
    methods: tuple[Method, ...]

    @property
    def is_scripted(self) -> bool:
        return isinstance(self.model, Scripted)

    @property
    def label(self) -> str:
        """The name that messages call the model by."""
        name = getattr(self.model, "original_name", None)
        name = name or getattr(self.model, "__name__", None)
        return name or type(self.model).__name__


def make_subject(
    model: object,
    example_inputs: Examples | None,
    methods: Mapping[str, Examples] | None = None,
) -> Subject:
    """Binds the examples; raises UsageError where they do not fit."""
    if not callable(model) or isinstance(model, type):
        raise UsageError(
            f"cannot export {_described(model)}: expected an nn.Module, a "
            "function, or what torch.jit.script or trace returned"
        )
    examples = dict(methods or {})
    if example_inputs is not None:
        examples = {"forward": example_inputs, **examples}
    if not examples:
        raise UsageError(
            "no example inputs: pass example_inputs, or methods={name: "
            "example_inputs} for a module without forward"
        )
    bound = [_method(model, name, value) for name, value in examples.items()]
    return Subject(model, tuple(bound))


def function_of(model: object, method: str) -> Callable[..., object]:
    """The method of an instance; a function is its own forward."""
    if not isinstance(model, nn.Module):
        return model  # type: ignore[return-value]
    return model if method == "forward" else getattr(model, method)


def _method(model: object, name: str, examples: Examples) -> Method:
    signature = _signature(model, name)
    return Method(name, signature, _bind(name, signature, examples))


def _signature(model: object, name: str) -> inspect.Signature:
    own = name != "forward" and hasattr(torch.jit.ScriptModule, name)
    if own and isinstance(model, nn.Module):
        raise UsageError(
            f"method '{name}': nn.Module has one of this name, which hides it "
            "in an archive; give it another"
        )
    if isinstance(model, Scripted):
        return schema_signature(model, name)
    if not isinstance(model, nn.Module):
        if name != "forward":
            raise UsageError(
                f"method '{name}': a function has no methods, only forward"
            )
        return inspect.signature(model)  # type: ignore[arg-type]
    function = getattr(model, name, None)
    if not callable(function):
        raise UsageError(f"{type(model).__name__} has no method '{name}'")
    return inspect.signature(function)


def _bind(
    name: str, signature: inspect.Signature, examples: Examples
) -> dict[str, object]:
    if isinstance(examples, torch.Tensor):
        examples = (examples,)
    if not isinstance(examples, (tuple, Mapping)):
        raise UsageError(
            f"examples of {name}: {_described(examples)}, expected a tuple "
            "of arguments or a dict by argument name"
        )
    try:
        if isinstance(examples, Mapping):
            bound = signature.bind(**examples)
        else:
            bound = signature.bind(*examples)
    except TypeError as error:
        raise UsageError(
            f"the example has {_counted(examples)} and does not fit "
            f"{name}({', '.join(signature.parameters)}): {error}"
        ) from None
    return dict(bound.arguments)


def _counted(examples: tuple[object, ...] | Mapping[str, object]) -> str:
    if isinstance(examples, Mapping):
        return f"the arguments {', '.join(map(str, examples)) or 'none'}"
    count = len(examples)
    return f"{count} argument" + ("" if count == 1 else "s")


def _described(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__} (an instance is needed)"
    shown = " ".join(repr(value).split())
    return f"{type(value).__name__} {shown}"[:80]
