"""Faults that are seen in the module before anything runs."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import ModuleType

from torch import nn
from torch.nn.parameter import is_lazy

from sconce.export.errors import ExportError
from sconce.export.subject import Subject, function_of
from sconce.export.wording import short_path

# Wrappers that TorchScript cannot see through -> where the model is.
_WRAPPERS = {
    "DataParallel": "model.module",
    "DistributedDataParallel": "model.module",
    "OptimizedModule": "model._orig_mod",  # what torch.compile returns
}
_RANDOM = ("Dropout", "RReLU")
_SHOWN = 5


def precheck(subject: Subject) -> None:
    """Raises ExportError for a wrapper, or for training mode left on."""
    if not isinstance(subject.model, nn.Module):
        return
    _check_wrappers(subject.model)
    _check_weights(subject.model)
    _check_training(subject.model)


def numpy_uses(subject: Subject) -> list[str]:
    """The lines of the methods' own source that hand tensors to NumPy."""
    found: list[str] = []
    for function in _functions(subject):
        found += [line for line in _numpy_lines(function) if line not in found]
    return found


def _check_wrappers(model: nn.Module) -> None:
    for path, module in model.named_modules():
        inside = _WRAPPERS.get(_kind(module))
        if inside:
            where = f"'{path}'" if path else "the model"
            raise ExportError(
                f"{where} is wrapped in {_kind(module)}, which TorchScript "
                f"cannot carry: export the module inside it, `{inside}`"
            )


def _check_weights(model: nn.Module) -> None:
    state = (*model.named_parameters(), *model.named_buffers())
    for name, value in state:
        if is_lazy(value):
            raise ExportError(
                f"'{name}' has no size yet: call the model once before "
                "exporting"
            )
        if value.is_meta:
            raise ExportError(
                f"'{name}' is on the meta device and has no values: load the "
                "weights before exporting"
            )


def _check_training(model: nn.Module) -> None:
    found = [
        f"{path or 'the model'} ({_kind(module)})"
        for path, module in model.named_modules()
        if module.training and _differs_in_training(module)
    ]
    if not found:
        return
    more = len(found) - _SHOWN
    shown = ", ".join(found[:_SHOWN])
    if more > 0:
        shown += f" and {more} more"
    raise ExportError(
        f"training mode is on in {shown}: answers would be random or depend "
        "on the batch; call model.eval() before exporting"
    )


def _differs_in_training(module: nn.Module) -> bool:
    kind = _kind(module)
    if any(name in kind for name in _RANDOM):
        return getattr(module, "p", 1.0) != 0.0
    if "BatchNorm" in kind or "InstanceNorm" in kind:
        return "BatchNorm" in kind or bool(module.track_running_stats)
    if isinstance(module, (nn.RNNBase, nn.MultiheadAttention)):
        return bool(module.dropout)
    return not _is_torch(module) and _reads_training(module)


def _kind(module: nn.Module) -> str:
    return getattr(module, "original_name", type(module).__name__)


def _is_torch(module: nn.Module) -> bool:
    return type(module).__module__.startswith("torch.")


def _reads_training(module: nn.Module) -> bool:
    try:
        return "self.training" in inspect.getsource(type(module).forward)
    except (OSError, TypeError):
        return False


def _functions(subject: Subject) -> Iterator[Callable[..., object]]:
    if subject.is_scripted:
        return
    if not isinstance(subject.model, nn.Module):
        yield subject.model
        return
    for method in subject.methods:
        if method.name != "forward":
            yield function_of(subject.model, method.name)
    for module in subject.model.modules():
        if not _is_torch(module):
            yield type(module).forward


def _numpy_lines(function: Callable[..., object]) -> list[str]:
    function = inspect.unwrap(function)
    try:
        lines, first = inspect.getsourcelines(function)
        file = inspect.getsourcefile(function) or "?"
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return []
    names = _numpy_names(function)
    return [
        f"{short_path(file)}:{first + line - 1} "
        f"`{lines[line - 1].strip()}`: NumPy works outside of the graph, its "
        "results are constants in a trace; use torch operations"
        for line in sorted(_numpy_numbers(tree, names))
    ]


def _numpy_names(function: Callable[..., object]) -> set[str]:
    """The global names that stand for the package or a part of it."""
    scope = getattr(inspect.unwrap(function), "__globals__", {})
    return {name for name, value in scope.items() if _is_numpy(value)}


def _is_numpy(value: object) -> bool:
    if isinstance(value, ModuleType):
        origin = value.__name__
    else:
        origin = getattr(value, "__module__", None) or type(value).__module__
    return str(origin).split(".")[0] == "numpy"


def _numpy_numbers(tree: ast.AST, names: set[str]) -> set[int]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "numpy":
            found.add(node.lineno)
        if isinstance(node, ast.Name) and node.id in names:
            found.add(node.lineno)
    return found
