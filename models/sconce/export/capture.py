"""From eager PyTorch to TorchScript: trace, script, or what was given."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sconce.export import torchscript
from sconce.export.adapter import Adapter, needs_adapter
from sconce.export.arguments import Arguments
from sconce.export.errors import ExportError
from sconce.export.functions import with_defaults
from sconce.export.graph_findings import user_place
from sconce.export.runner import Answer
from sconce.export.schema import method_names
from sconce.export.state import Original
from sconce.export.subject import Scripted, Subject
from sconce.export.torchscript import (
    Program,
    from_bytes,
    to_bytes,
    trace_methods,
)
from sconce.export.trace_warnings import Remark, collect_remarks
from sconce.export.wording import place_of, reason_of


@dataclass(frozen=True)
class MethodCase:
    """A method's arguments and what eager answered to its first example."""

    arguments: Arguments
    answer: Answer


@dataclass(frozen=True)
class Capture:
    """A TorchScript program that is still to be proved."""

    how: str  # "trace", "script" or "given"
    program: Program
    adapted: bool
    remarks: tuple[Remark, ...] = ()

    def reloaded(self) -> torch.jit.ScriptModule:
        """What a server gets: saved and loaded again.

        Raises ExportError for what lives in Python only, such as the call of
        a torch.autograd.Function.
        """
        try:
            return from_bytes(to_bytes(self.program))
        except RuntimeError as error:
            place = user_place(str(error))
            where = f" at {place}" if place else ""
            raise ExportError(
                f"torch.jit.save refuses the {self.how}{where}: "
                f"{reason_of(error)}"
            ) from None


def given(subject: Subject) -> Capture:
    """A program that somebody else has made."""
    assert isinstance(subject.model, Scripted)
    return Capture("given", with_defaults(subject.model), adapted=False)


def script(subject: Subject) -> Capture:
    """Compiles the model; ExportError says what the compiler refused."""
    try:
        program = torchscript.script(subject.model)
    except Exception as error:  # noqa: BLE001 - the compiler raises anything
        raise _refused("torch.jit.script", error) from None
    _check_methods(subject, program)
    return Capture("script", with_defaults(program), adapted=False)


def _check_methods(subject: Subject, program: Program) -> None:
    compiled = method_names(program)
    for method in subject.methods:
        if method.name in compiled:
            continue
        if method.name == "forward":
            advice = (
                "one with overloads, such as nn.LSTM's, is compiled as a part "
                "of a module that calls it"
            )
        else:
            advice = "mark it with @torch.jit.export"
        raise ExportError(
            f"torch.jit.script leaves the method '{method.name}' out: {advice}"
        )


def trace(
    subject: Subject, original: Original, cases: list[MethodCase]
) -> Capture:
    """Records one run of each method on its first example."""
    _check_tensors(cases)
    model = original.to_capture()
    adapted = any(
        needs_adapter(model, case.arguments, case.answer) for case in cases
    )
    methods = [case.arguments for case in cases]
    if adapted or not isinstance(model, nn.Module):
        target: nn.Module = Adapter(model, methods)
    else:
        target = model
    remarks: list[Remark] = []
    before = _buffers(model)
    try:
        with torch.no_grad(), collect_remarks(remarks):
            program = trace_methods(target, _inputs(methods))
    except ExportError:
        raise
    except Exception as error:  # noqa: BLE001 - the tracer raises anything
        details = [str(remark) for remark in remarks]
        raise _refused("torch.jit.trace", error, details) from None
    _restore(before)
    return Capture("trace", program, adapted, tuple(remarks))


def _inputs(methods: list[Arguments]) -> dict[str, tuple[Tensor, ...]]:
    return {
        arguments.method.name: tuple(
            value.detach().clone()
            for value in arguments.given.values()
            if isinstance(value, Tensor)
        )
        for arguments in methods
    }


def _check_tensors(cases: list[MethodCase]) -> None:
    for case in cases:
        scalars = case.arguments.scalars
        if scalars:
            name, value = scalars[0], case.arguments.given[scalars[0]]
            raise ExportError(
                f"input '{name}' is {type(value).__name__} {value!r}: a trace "
                "takes tensors only and would fix this value; use "
                "how='script', or a scripted module that chooses between "
                "traces, one for each value"
            )


def _refused(
    what: str, error: BaseException, details: list[str] | None = None
) -> ExportError:
    place = place_of(error)
    where = f" at {place}" if place else ""
    return ExportError(
        f"{what} refuses the model{where}: {reason_of(error)}", details or ()
    )


def _buffers(model: object) -> list[tuple[Tensor, Tensor, int]]:
    if not isinstance(model, nn.Module):
        return []
    return [
        (value, value.detach().clone(), value._version)
        for value in model.buffers()
    ]


def _restore(before: list[tuple[Tensor, Tensor, int]]) -> None:
    """Undoes what the traced run wrote: the archive shares these buffers."""
    with torch.no_grad():
        for value, first, version in before:
            if value._version != version:
                value.copy_(first)
