"""A module that a trace can take: tensors in, named tensors out.

A trace carries tensors, tuples and dicts of tensors only. The adapter stands
around a model, takes the flattened inputs as its arguments, puts together
what the model expects, and returns the flattened outputs.
"""

import inspect
import re
from collections.abc import Callable

from torch import Tensor, nn
from torch._jit_internal import FunctionModifiers, get_torchscript_modifier

from sconce.archive import flatten
from sconce.export.arguments import Arguments
from sconce.export.errors import ExportError
from sconce.export.leaves import Inputs
from sconce.export.runner import Answer
from sconce.export.subject import function_of


class Adapter(nn.Module):
    """The model as `inner` (a function stays outside), one flat method each.

    The methods live on the instance: TorchScript takes the argument names
    from their signature, which differs from model to model.
    """

    def __init__(self, model: object, methods: list[Arguments]) -> None:
        super().__init__()
        if isinstance(model, nn.Module):
            self.inner = model
        for arguments in methods:
            flat = _flat_method(model, arguments)
            setattr(self, arguments.method.name, flat)
        self.train(getattr(model, "training", False))


def needs_adapter(model: object, arguments: Arguments, answer: Answer) -> bool:
    """Whether a trace cannot take the method as it is, or would lose names."""
    if not isinstance(model, nn.Module) or not arguments.is_flat:
        return True
    parameters = arguments.method.signature.parameters
    if list(parameters) != list(arguments.given):
        return True
    if any(one.kind is one.KEYWORD_ONLY for one in parameters.values()):
        return True
    # @torch.jit.export compiles a method under the name the trace would take.
    if _is_compiled(model, arguments.method.name):
        return True
    return not is_plain(answer.structure)


def flat_names(names: list[str]) -> list[str]:
    """Argument names for a TorchScript schema, which takes identifiers."""
    found: list[str] = []
    for name in names:
        plain = re.sub(r"\W", "_", name)
        while plain in found:
            plain += "_"
        found.append(plain)
    return found


def _is_compiled(model: nn.Module, method: str) -> bool:
    function = getattr(type(model), method, None)
    modifier = get_torchscript_modifier(function) if function else None
    return modifier is FunctionModifiers.EXPORT


def is_plain(structure: object) -> bool:
    """A tensor, or a tuple of tensors: what a trace returns unchanged."""
    if not isinstance(structure, dict):
        return False
    parts = structure.get("tuple", [structure])
    return all("leaf" in part for part in parts)


def _flat_method(
    model: object, arguments: Arguments
) -> Callable[..., object]:
    names = list(arguments.given)
    function = function_of(model, arguments.method.name)
    target = arguments.method.signature

    def flat(*values: Tensor) -> object:
        inputs: Inputs = dict(zip(names, values, strict=True))
        bound = target.bind_partial()
        bound.arguments.update(arguments.rebuild(inputs))
        return _flat_result(function(*bound.args, **bound.kwargs))

    flat.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD)
            for name in flat_names(names)
        ]
    )
    return flat


def _flat_result(value: object) -> object:
    """A tensor or a tuple of them, else a dict by flattened name."""
    leaves, structure = flatten(value, "output", output=True)
    for name, leaf in leaves:
        if not isinstance(leaf, Tensor):
            raise ExportError(
                f"output '{name}' is {type(leaf).__name__} {leaf!r}, which "
                "would be the same for every request in a trace; return a "
                "tensor, or use how='script'"
            )
    if is_plain(structure):
        return value
    return dict(leaves)
