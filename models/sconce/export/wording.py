"""Turns PyTorch's long errors into one line with the line of user code."""

import re
import sysconfig
import traceback
from pathlib import Path

_LIBRARIES = ("site-packages/torch/", "site-packages/numpy/")
_OWN = str(Path(__file__).parents[1])
_STANDARD = sysconfig.get_paths()["stdlib"]
_LENGTH = 300
_SCRIPT_PLACE = re.compile(r'File "([^"]+)", line (\d+)')


def reason_of(error: BaseException) -> str:
    """The error's meaning in one line: no traceback, no echoed source."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = _essence(lines) if lines else type(error).__name__
    return text if len(text) <= _LENGTH else text[: _LENGTH - 1] + "…"


def place_of(error: BaseException) -> str:
    """`file.py:12` in user code where it happened, empty when unknown."""
    for match in _SCRIPT_PLACE.finditer(str(error)):
        if is_user_code(match[1]):
            return f"{short_path(match[1])}:{match[2]}"
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if is_user_code(frame.filename):
            return f"{short_path(frame.filename)}:{frame.lineno}"
    return ""


def short_path(file: str) -> str:
    """Relative to the current folder, or to the package's installation."""
    try:
        return str(Path(file).relative_to(Path.cwd()))
    except ValueError:
        return file.rpartition("site-packages/")[2]


def is_user_code(file: str) -> bool:
    """Not PyTorch's, NumPy's, Python's own, or ours. Other packages are."""
    if any(one in file for one in _LIBRARIES):
        return False
    if is_own_code(file) or file.startswith("<"):
        return False
    return "site-packages" in file or not file.startswith(_STANDARD)


def is_own_code(file: str) -> bool:
    """Sconce's: what called it is no part of the model."""
    return file.startswith(_OWN)


def _essence(lines: list[str]) -> str:
    # A scripted module's error is a TorchScript traceback; its last line is
    # what the operator said. A compiler's error says it in the first.
    if lines[0].startswith("The following operation failed"):
        return lines[-1].removeprefix("RuntimeError: ")
    return lines[0]
