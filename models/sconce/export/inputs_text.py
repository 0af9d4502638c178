"""Reads `--inputs`: example inputs as a short text, or from a file.

    x=FP32[1,3,224,224]  scale=2  flag=true  mode='fast'  ids=INT64[1,16]<30522

Entries are separated by commas or spaces. Tensors get random values, the
same ones each time: floats about 0, integers from 0 to 9 or below the limit
given. Names may be left out when all are: then they are positions.
"""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from sconce.export.errors import UsageError
from sconce.export.tolerances import DTYPES

Examples = tuple[object, ...] | Mapping[str, object]

_TENSOR = re.compile(r"([A-Z]+\d*)\s*\[([\d\s,]*)\](?:\s*<\s*(\d+))?")
_ENTRY = re.compile(
    r"(?:(?P<name>[A-Za-z_]\w*)\s*=\s*)?"
    r"(?P<value>[A-Z]+\d*\s*\[[^\]]*\](?:\s*<\s*\d+)?"
    r"|'[^']*'|\"[^\"]*\"|[^\s,=\[\]]+)\s*(?:,|$|(?=\s))\s*"
)
_WORDS = {"true": True, "false": False, "none": None}
_LIMIT = 10
_FILES = (".npz", ".safetensors")


def read_inputs(text: str) -> Examples:
    """A dict by name, or a tuple where no name is given.

    Raises UsageError naming the entry that cannot be read.
    """
    path = Path(text.strip())
    if path.suffix in _FILES:
        return _read_file(path)
    source = torch.Generator().manual_seed(0)
    entries = _entries(text)
    values = [(name, _value(value, source)) for name, value in entries]
    names = [name for name, _ in values if name]
    if not names:
        return tuple(value for _, value in values)
    if len(names) < len(values) or len(set(names)) < len(names):
        raise UsageError(
            f"--inputs '{text}': give each entry a name of its own, or none"
        )
    return {str(name): value for name, value in values}


def _entries(text: str) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = []
    rest = text.strip()
    while rest:
        match = _ENTRY.match(rest)
        if not match:
            raise UsageError(
                f"--inputs: cannot read '{rest}', expected entries as in "
                "\"x=FP32[1,3,224,224], scale=2, flag=true, mode='fast'\" or "
                "a .npz or .safetensors file"
            )
        found.append((match["name"], match["value"]))
        rest = rest[match.end() :]
    return found


def _value(text: str, source: torch.Generator) -> object:
    match = _TENSOR.fullmatch(text)
    if match:
        return _tensor(match, source)
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = None
    if isinstance(value, (int, float, str)):
        return value
    raise UsageError(
        f"--inputs: cannot read '{text}', expected DTYPE[sizes], a number, "
        "true, false, none or a 'text' in quotes"
    )


def _tensor(match: re.Match[str], source: torch.Generator) -> Tensor:
    dtype = DTYPES.get(match[1])
    if dtype is None:
        raise UsageError(
            f"--inputs: no dtype '{match[1]}' in '{match[0]}', there are "
            f"{', '.join(DTYPES)}"
        )
    sizes = [part.strip() for part in match[2].split(",")]
    if not match[2].strip():
        sizes = []
    if not all(sizes):
        raise UsageError(f"--inputs: a size is missing in '{match[0]}'")
    shape = [int(size) for size in sizes]
    limit = 2 if dtype == torch.bool else int(match[3] or _LIMIT)
    try:
        if dtype.is_floating_point:
            return torch.randn(shape, generator=source).to(dtype)
        return torch.randint(max(1, limit), shape, generator=source).to(dtype)
    except (RuntimeError, TypeError, OverflowError, ValueError):
        # No memory for it, or a number above 64 bits.
        raise UsageError(f"--inputs: '{match[0]}' is too large") from None


def _read_file(path: Path) -> dict[str, object]:
    try:
        tensors = _tensors_of(path)
    except FileNotFoundError:
        raise UsageError(f"--inputs: there is no file {path}") from None
    except Exception as error:  # noqa: BLE001 - the readers raise their own
        reason = str(error).splitlines()[0] if str(error) else "no reason"
        raise UsageError(f"--inputs: cannot read {path}: {reason}") from None
    if not tensors:
        raise UsageError(f"--inputs: {path} holds no array")
    return tensors


def _tensors_of(path: Path) -> dict[str, object]:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    import numpy as np

    with np.load(path, allow_pickle=False) as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}
