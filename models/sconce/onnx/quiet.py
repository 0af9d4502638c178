"""Keeps PyTorch's converter off the user's screen."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.jit import TracerWarning  # type: ignore[attr-defined]

# What the converter says of itself, and of a scripted module's arguments.
NOTICES = re.compile(
    r"legacy TorchScript-based ONNX export|The feature will be removed"
    r"|Unconvertible ops are not definitive|no signature found for"
    r"|`torch\.jit\.\w+` is"
)
INTERNAL = re.compile(r" \(Triggered internally at .*\)$")


@contextmanager
def quiet(remarks: list[str]) -> Iterator[None]:
    """Keeps the converter off the screen; `remarks` gets what it warns of.

    TracerWarnings are left out: the archive's own trace has shown them.
    """
    log = torch._C._jit_onnx_log  # prints whole graphs; no setting stops it
    torch._C._jit_onnx_log = lambda *_: None
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        torch._C._jit_onnx_log = log
        remarks.extend(
            INTERNAL.sub("", str(each.message).strip().splitlines()[0])
            for each in caught
            if not issubclass(each.category, TracerWarning)
            and not NOTICES.search(str(each.message))
        )
