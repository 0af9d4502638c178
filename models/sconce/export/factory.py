"""Finds `package.module:factory` and calls it."""

import difflib
import importlib
import importlib.util
import inspect
import sys
from types import ModuleType

from torch import nn

from sconce.export.errors import ExportError, UsageError
from sconce.export.subject import Examples, Scripted
from sconce.export.wording import place_of, reason_of

_FORM = "expected package.module:factory"


def load_entry(entry: str) -> tuple[object, Examples | None]:
    """The model, and its inputs where the factory returns a pair.

    Raises UsageError for a wrong path or a factory that needs arguments, and
    ExportError for code that raises.
    """
    module_name, _, name = entry.partition(":")
    if not module_name or not name.isidentifier():
        raise UsageError(f"'{entry}': {_FORM}")
    module = _import(module_name)
    found = getattr(module, name, None)
    if found is None:
        raise UsageError(
            f"{module_name} has no '{name}'{_nearest(module, name)}"
        )
    if isinstance(found, (nn.Module, *Scripted)):
        return found, None
    return _pair(_call(entry, found))


def _import(name: str) -> ModuleType:
    if "" not in sys.path and "." not in sys.path:
        sys.path.insert(0, "")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(error.name)):
            raise UsageError(
                f"there is no Python module '{error.name}' in this folder or "
                f"on the Python path; {_FORM}"
            ) from None
        raise _raised(f"importing {name}", error) from None
    except Exception as error:  # noqa: BLE001 - user code raises anything
        raise _raised(f"importing {name}", error) from None


def _call(entry: str, factory: object) -> object:
    if not callable(factory):
        raise UsageError(
            f"{entry} is {type(factory).__name__}, expected a function "
            "without arguments that returns the model"
        )
    try:
        inspect.signature(factory).bind()
    except TypeError as error:
        raise UsageError(
            f"{entry} cannot be called without arguments ({error}); write a "
            "function without any that returns the model"
        ) from None
    try:
        return factory()
    except Exception as error:  # noqa: BLE001 - user code raises anything
        raise _raised(entry, error) from None


def _pair(made: object) -> tuple[object, Examples | None]:
    match made:
        case (model, (tuple() | dict()) as inputs) if callable(model):
            return model, inputs
    if callable(made) and not isinstance(made, type):
        return made, None
    raise UsageError(
        f"the factory returned {type(made).__name__}, expected a module, a "
        "function, or a pair (module, inputs) with a tuple or dict of inputs"
    )


def _raised(what: str, error: Exception) -> ExportError:
    place = place_of(error)
    where = f" at {place}" if place else ""
    return ExportError(
        f"{what} raised {type(error).__name__}{where}: {reason_of(error)}"
    )


def _nearest(module: ModuleType, name: str) -> str:
    known = [key for key in vars(module) if not key.startswith("_")]
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else f"; {_FORM}"
