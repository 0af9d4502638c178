"""From a module to TorchScript, and the proof that nothing was lost."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from models.zoo import ZooModel

# PyTorch 2.11 marks all of TorchScript as deprecated. This project serves
# TorchScript, so the notice tells its users nothing new.
_DEPRECATION = re.compile(r"`torch\.jit\.\w+` is (deprecated|not supported)")


class ExportError(Exception):
    """TorchScript would not compute what the module computes."""


def to_torchscript(model: ZooModel) -> torch.jit.ScriptModule:
    """Traces or scripts a model as it asks for and checks the result.

    Raises ExportError when tracing would bake a Python value in, or when
    TorchScript and eager PyTorch disagree on the example inputs.
    """
    example = tuple(model.inputs.values())
    with _no_tracer_warnings():
        if model.method == "trace":
            # Not PyTorch's own check: it holds the trace against another
            # trace, takes seconds, and the check below is the stricter one.
            script = torch.jit.trace(model.module, example, check_trace=False)
        else:
            script = torch.jit.script(model.module)
    _check_equal(script, model.module, example)
    return script


@contextmanager
def _no_tracer_warnings() -> Iterator[None]:
    """What the tracer only warns of is a wrong model later: refuse it here."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if issubclass(warning.category, torch.jit.TracerWarning):
            raise ExportError(f"the trace is lossy: {warning.message}")
        if not _DEPRECATION.match(str(warning.message)):
            warnings.warn_explicit(
                warning.message,
                warning.category,
                warning.filename,
                warning.lineno,
            )


def _check_equal(
    script: torch.jit.ScriptModule,
    module: nn.Module,
    example: tuple[Tensor, ...],
) -> None:
    with torch.inference_mode():
        actual, expected = script(*example), module(*example)
    # A NamedTuple comes back as one of TorchScript's own: compare the fields.
    if hasattr(expected, "_asdict"):
        actual, expected = actual._asdict(), expected._asdict()
    try:
        torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-5)
    except AssertionError as error:
        raise ExportError(f"TorchScript and eager differ: {error}") from error
