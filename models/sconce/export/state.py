"""Tells whether a model changes itself when it runs, and gives fresh copies.

A model that assigns to itself in forward answers differently the second time.
Every run of a proof has to start from the same state, and the user's own
module has to stay as it was.
"""

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from sconce.export.scripted_state import WRITTEN, scripted_marks

Marks = dict[str, object]


class Original:
    """The model as it was given. One thread at a time."""

    def __init__(self, model: object, methods: Sequence[str]) -> None:
        self._model = model
        self._methods = tuple(methods)
        self.changes: tuple[str, ...] = ()
        first = self.copy()
        self._ready = first
        self._marks = _marks(first, self._methods)

    @property
    def stateful(self) -> bool:
        return bool(self.changes)

    def ready(self) -> object:
        """A model in its first state, to be run once."""
        if self.stateful:
            return self.copy()
        return self._ready

    def to_capture(self) -> object:
        """The model itself, so that the archive shares what it shares; a
        copy where recording a run would change it."""
        return self.copy() if self.stateful else self._model

    def note_run(self) -> None:
        """Looks at the model of `ready` after its first runs."""
        if self.stateful:
            return
        now = _marks(self._ready, self._methods)
        self.changes = tuple(
            name
            for name in sorted({*self._marks, *now})
            if self._marks.get(name) != now.get(name)
            or now.get(name) is WRITTEN
        )

    def copy(self) -> object:
        """A copy that shares the parameters and nothing that may change.

        The model itself where Python cannot copy it.
        """
        if not isinstance(self._model, nn.Module):
            return self._model
        shared = {id(value): value for value in self._model.parameters()}
        try:
            return copy.deepcopy(self._model, shared)
        except (RuntimeError, TypeError, AttributeError):
            return self._model


def _marks(model: object, methods: Sequence[str]) -> Marks:
    """A value per attribute that changes whenever the attribute does."""
    if not isinstance(model, nn.Module):
        return {}
    marks: Marks = {}
    for path, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            names = methods if module is model else ("forward",)
            found = scripted_marks(module, names)
            marks |= {f"{path}.{k}".lstrip("."): v for k, v in found.items()}
    return marks | {name: _mark(item) for name, item in _attributes(model)}


def _attributes(model: nn.Module) -> Iterator[tuple[str, object]]:
    for prefix, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            continue
        own = {**module._parameters, **module._buffers}
        own |= {
            key: value
            for key, value in vars(module).items()
            if not key.startswith("_") or isinstance(value, Tensor)
        }
        for key, value in own.items():
            yield f"{prefix}.{key}".lstrip("."), value


def _mark(value: object) -> object:
    if isinstance(value, Tensor):
        return id(value), _version(value)
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [_mark(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _mark(item) for key, item in value.items()}
    return id(value)


def _version(value: Tensor) -> int:
    return 0 if value.is_inference() else value._version
