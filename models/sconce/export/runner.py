"""Runs one method, eager or from the archive, on flattened inputs."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sconce.archive import flatten
from sconce.export.arguments import Arguments, Structure
from sconce.export.leaves import Inputs, Leaf
from sconce.export.quiet import no_deprecation
from sconce.export.state import Original
from sconce.export.subject import function_of
from sconce.export.wording import reason_of


@dataclass(frozen=True)
class Answer:
    """What a run returned, flattened, and what it did to its inputs."""

    outputs: dict[str, Leaf]
    structure: Structure
    changed_inputs: tuple[str, ...]


@dataclass(frozen=True)
class Refusal:
    """A run that raised; the reason is one line."""

    reason: str


Result = Answer | Refusal


class Runner:
    """Calls one method of a model; each call starts from the same state."""

    def __init__(
        self,
        original: Original,
        arguments: Arguments,
        *,
        adapted: bool = False,
    ) -> None:
        self._original = original
        self._arguments = arguments
        self._adapted = adapted

    def run(self, inputs: Inputs) -> Result:
        """One call on copies of `inputs`."""
        return self.run_all([inputs])[0]

    def run_all(self, sequence: list[Inputs]) -> list[Result]:
        """Calls one after the other on the same instance of the model."""
        function = function_of(
            self._original.ready(), self._arguments.method.name
        )
        results = [self._call(function, inputs) for inputs in sequence]
        self._original.note_run()
        return results

    def _call(
        self, function: Callable[..., object], inputs: Inputs
    ) -> Result:
        copies = {name: _detached(value) for name, value in inputs.items()}
        try:
            with torch.no_grad(), no_deprecation():
                value = self._invoke(function, copies)
            changed = tuple(n for n, one in copies.items() if _changed(one))
            return _answer(value, changed, self._adapted)
        except Exception as error:  # noqa: BLE001 - user code raises anything
            return Refusal(reason_of(error))

    def _invoke(
        self, function: Callable[..., object], inputs: Inputs
    ) -> object:
        if self._adapted:
            return function(*inputs.values())
        values = self._arguments.rebuild(inputs)
        signature = self._arguments.method.signature
        bound = signature.bind_partial()
        bound.arguments.update(values)
        return function(*bound.args, **bound.kwargs)


def _answer(
    value: object, changed: tuple[str, ...], adapted: bool
) -> Answer:
    if adapted and isinstance(value, dict):
        # The adapter's keys are the flattened names already.
        return Answer({k: _detached(v) for k, v in value.items()}, {}, changed)
    leaves, structure = flatten(value, "output", output=True)
    outputs = {name: _detached(leaf) for name, leaf in leaves}
    return Answer(outputs, structure, changed)


def _detached(value: Leaf) -> Leaf:
    # Cloned: a model may return its input, or a buffer that it writes to.
    return value.detach().clone() if isinstance(value, Tensor) else value


def _changed(value: Leaf) -> bool:
    """Whether a fresh copy was written to: each write raises its version."""
    return isinstance(value, Tensor) and value._version > 0
