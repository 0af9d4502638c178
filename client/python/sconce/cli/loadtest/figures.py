"""Numbers as people read them."""

from __future__ import annotations

import math
from typing import Optional

NONE = "–"


def significant(value: float, digits: int = 3) -> str:
    """To so many digits, at least all those before the point."""
    rounded = float(f"{value:.{digits - 1}e}")
    if rounded == 0:
        return "0"
    places = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    text = f"{value:,.{places}f}"
    return text.replace(",", "\u202f")  # a narrow space


def short(value: float) -> str:
    """As `significant`, without zeros at the end; for axes."""
    text = significant(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def duration(ms: Optional[float], shortly: bool = False) -> str:
    """Of milliseconds, with the unit that fits."""
    if ms is None:
        return NONE
    form = short if shortly else significant
    if ms == 0:
        return "0 ms"
    # What rounds to 1000 of a unit is 1 of the next.
    if ms < 0.9995:
        return f"{form(ms * 1000)} µs"
    return f"{form(ms)} ms" if ms < 999.5 else f"{form(ms / 1000)} s"


def rate(value: Optional[float]) -> str:
    return NONE if value is None else f"{significant(value)} /s"


def count(value: int) -> str:
    return f"{value:,}".replace(",", "\u202f")


def share(part: float, whole: float) -> str:
    """In %; small ones are not rounded to nothing."""
    if not whole:
        return NONE
    percent = 100 * part / whole
    if 0 < percent < 0.01:
        return "< 0.01 %"
    if 99.99 < percent < 100:
        return "> 99.99 %"
    return f"{short(percent)} %" if percent < 99 else f"{percent:.4g} %"
