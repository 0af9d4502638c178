"""Collects what the tracer warns of, with the line of user code at fault."""

import linecache
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from torch.jit._trace import TracerWarning

from sconce.export.quiet import ignore_deprecation
from sconce.export.wording import is_own_code, is_user_code, short_path

# What the tracer's text says -> what to do about that line.
_REMEDIES = (
    (
        "to a Python boolean",
        "the branch taken for the example is the only one in the trace: move "
        "the `if` into a function under @torch.jit.script_if_tracing, or "
        "call torch.jit.script on the submodule that holds it",
    ),
    (
        "Using len",
        "use x.shape[0] instead of len(x), which is a fixed number in a trace",
    ),
    (
        "to a NumPy array",
        "use torch operations instead of NumPy, whose results are constants",
    ),
    (
        "Iterating over a tensor",
        "the loop is unrolled for the example's length: move it into a "
        "function under @torch.jit.script_if_tracing",
    ),
    (
        "to a Python",
        "the number read from the tensor is fixed in a trace: keep it a "
        "tensor, or move the code that needs it (a loop, a size) into a "
        "function under @torch.jit.script_if_tracing",
    ),
    (
        "results are registered as constants",
        "a tensor made from Python values is fixed in a trace: make it with "
        "torch.stack or torch.cat of tensors, or x.new_full",
    ),
)
_LIVE = "keep the tensor instead of a Python value, or script this function"


@dataclass(frozen=True)
class Remark:
    """One place in user code that a trace does not carry over as it is."""

    file: str
    line: int
    what: str
    remedy: str

    @property
    def place(self) -> str:
        return f"{short_path(self.file)}:{self.line}"

    def __str__(self) -> str:
        code = linecache.getline(self.file, self.line).strip()
        shown = f" `{code}`" if code else ""
        return f"{self.place}{shown}: {self.what}; {self.remedy}"


@contextmanager
def collect_remarks(remarks: list[Remark]) -> Iterator[None]:
    """Appends a Remark per TracerWarning; other warnings go their way."""
    others: list[tuple[Warning | str, type[Warning], str, int]] = []

    def note(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: object = None,
    ) -> None:
        del file, line
        if not issubclass(category, TracerWarning):
            others.append((message, category, filename, lineno))
            return
        remark = _remark(str(message), *_user_line(filename, lineno))
        if remark not in remarks:
            remarks.append(remark)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        ignore_deprecation()
        warnings.showwarning = note  # within the block, where the stack is
        yield
    for message, category, filename, lineno in others:
        warnings.warn_explicit(message, category, filename, lineno)


def _user_line(file: str, line: int) -> tuple[str, int]:
    """Where the model called into the library that was warned of."""
    if is_user_code(file):
        return file, line
    frame: FrameType | None = sys._getframe(1)
    inside = False
    while frame:
        name = frame.f_code.co_filename
        if is_user_code(name):
            return name, frame.f_lineno
        # Our own frames here come first; the next ones end the model's.
        if is_own_code(name) and inside:
            break
        inside = inside or not is_own_code(name)
        frame = frame.f_back
    return file, line


def _remark(text: str, file: str, line: int) -> Remark:
    what = re.split(r" might cause|\. | is incorrect", text, maxsplit=1)[0]
    remedy = next((r for key, r in _REMEDIES if key in text), _LIVE)
    return Remark(file, line, what, remedy)
