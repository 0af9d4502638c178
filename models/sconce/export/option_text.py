"""Reads the smaller options of `sconce export`."""

import re
from collections.abc import Iterable
from pathlib import Path

from sconce.export.errors import UsageError

_DYNAMIC = re.compile(r"([^:\s]+):(\d+)=(.+)")
_TOLERANCE = re.compile(r"([A-Z]+\d*)=([^,]+),([^,]+)")


def read_dynamic(texts: Iterable[str]) -> dict[str, dict[int, str]] | None:
    """`x:2=height>=8` to {"x": {2: "height>=8"}}; None for no text."""
    found: dict[str, dict[int, str]] = {}
    for text in texts:
        match = _DYNAMIC.fullmatch(text.strip())
        if not match:
            raise UsageError(
                f"--dynamic '{text}': expected INPUT:DIMENSION=NAME, as in "
                "x:0=batch or x:2=height>=8"
            )
        found.setdefault(match[1], {})[int(match[2])] = match[3]
    return found or None


def read_tolerances(texts: Iterable[str]) -> dict[str, tuple[float, float]]:
    """`FP32=1e-3,1e-5` to {"FP32": (0.001, 0.00001)}."""
    found = {}
    for text in texts:
        match = _TOLERANCE.fullmatch(text.strip())
        try:
            if match is None:
                raise ValueError
            found[match[1]] = (float(match[2]), float(match[3]))
        except ValueError:
            raise UsageError(
                f"--tolerance '{text}': expected DTYPE=RTOL,ATOL, as in "
                "FP32=1e-3,1e-5"
            ) from None
    return found


def read_names(text: str | None) -> list[str] | None:
    """Names separated by commas."""
    if text is None:
        return None
    return [name.strip() for name in text.split(",")]


def read_labels(path: Path | None) -> list[str] | None:
    """One label a line; the last may lack its line end."""
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UsageError(f"--labels: cannot read {path}: {reason}") from None


def read_batch(text: str) -> str | None:
    return None if text == "none" else text
