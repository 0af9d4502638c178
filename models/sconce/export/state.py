"""Tells whether a model changes itself when it runs, and gives fresh copies.

A model that assigns to itself in forward answers differently the second time.
Every run of a proof has to start from the same state, and the user's own
module has to stay as it was.
"""

import copy
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from sconce.export.scripted_state import WRITTEN, scripted_states
from sconce.export.variations import content_key

Marks = dict[str, object]
_SMALL = 4096  # values; the statistics of a normalisation are fewer


class Original:
    """The model as it was given. One thread at a time."""

    def __init__(self, model: object, methods: Sequence[str]) -> None:
        self._model = model
        self.changes: tuple[str, ...] = ()
        self._matters = True
        self._ready = self.copy()
        self._scripted = scripted_states(self._ready, methods)
        self._marks = self._marks_now()

    @property
    def stateful(self) -> bool:
        """Whether a call can change the answers of the calls after it."""
        return bool(self.changes) and self._matters

    def ready(self) -> object:
        """A model in its first state, to be run once."""
        return self.copy() if self.stateful else self._ready

    def to_capture(self) -> object:
        """The model itself, so that the archive shares what it shares; a
        copy where recording a run would change it."""
        return self.copy() if self.changes else self._model

    def note_run(self) -> None:
        """Looks at the model of `ready` after its first runs."""
        if self.changes:
            return
        now = self._marks_now()
        self.changes = tuple(
            name
            for name in sorted({*self._marks, *now})
            if self._marks.get(name) != now.get(name)
            or now.get(name) is WRITTEN
        )

    def disregard_changes(self) -> None:
        """For changes that were seen to have no effect on answers."""
        self._matters = False

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

    def _marks_now(self) -> Marks:
        """A value per attribute that changes whenever the attribute does."""
        marks: Marks = {}
        for one in self._scripted:
            marks |= one.marks()
        if isinstance(self._ready, nn.Module):
            marks |= dict(_attributes(self._ready))
        return marks


def _attributes(model: nn.Module) -> Iterator[tuple[str, object]]:
    """A mark for each attribute of each module that is not scripted.

    Large registered tensors are watched for writes only. Other tensors go by content:
    hooks such as weight_norm's compute them anew, to the same values.
    """
    for prefix, module in model.named_modules():
        if isinstance(module, torch.jit.ScriptModule):
            continue
        path = f"{prefix}." if prefix else ""
        for key, value in {**module._parameters, **module._buffers}.items():
            if value is not None:
                yield path + key, (id(value), _version(value))
        for key, plain in vars(module).items():
            if not key.startswith("_") or isinstance(plain, Tensor):
                yield path + key, _mark(plain)


def _version(value: Tensor) -> object:
    """Changes with each write. F.batch_norm writes its running statistics
    without telling, so small tensors go by content as well."""
    version = 0 if value.is_inference() else value._version
    if value.numel() > _SMALL or value.layout != torch.strided:
        return version
    return version, content_key({"": value})


def _mark(value: object) -> object:
    if isinstance(value, Tensor):
        return content_key({"": value})
    if isinstance(value, (bool, int, float, str, type(None))):
        return value
    if isinstance(value, (list, tuple)):
        return [_mark(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _mark(item) for key, item in value.items()}
    return id(value)
