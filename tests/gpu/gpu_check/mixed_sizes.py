"""Requests of many sizes whose answers are known, for models that run beside
each other: wherever memory is reused too early, an answer is wrong."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from gpu_check.repository import Model

_ROWS = (1, 2, 3, 5, 8)
# Of the identity: rows and columns, 100 bytes to 2 MB.
_SHAPES = ((1, 25), (3, 1000), (5, 40_000), (2, 250_000))
_SMALL_SHAPES = _SHAPES[:3]
# One answer is another's bytes, or it is right.
_EXACT = 1e-6


def entries(
    folder: Path, models: Mapping[str, Model], quick: bool
) -> list[dict[str, Any]]:
    """Of a mix; `models` by the names under which they are served."""
    folder.mkdir()
    made = []
    for served_as, model in models.items():
        if model.name == "identity":
            made += _identities(folder, served_as, quick)
        else:
            made += _parts(folder, served_as, model)
    return made


def _identities(
    folder: Path, served_as: str, quick: bool
) -> list[dict[str, Any]]:
    random = numpy.random.default_rng(7)
    made = []
    for rows, columns in _SMALL_SHAPES if quick else _SHAPES:
        values = random.standard_normal((rows, columns), dtype=numpy.float32)
        made.append(_entry(folder, f"{served_as}-{rows}x{columns}", served_as,
                           {"x": values}, {"y": values}, _EXACT))
    return made


def _parts(
    folder: Path, served_as: str, model: Model
) -> list[dict[str, Any]]:
    """Other rows of the example for each size."""
    given, right = numpy.load(model.example), numpy.load(model.expected)
    made, first = [], 0
    for rows in _ROWS:
        last = first + rows
        if last > model.example_rows:
            first, last = 0, rows
        if last > model.example_rows:
            break
        made.append(_entry(
            folder, f"{served_as}-{rows}", served_as,
            {name: values[first:last] for name, values in given.items()},
            {name: values[first:last] for name, values in right.items()},
            model.tolerance))
        first = last
    return made


def _entry(
    folder: Path, name: str, served_as: str,
    given: Mapping[str, numpy.ndarray], right: Mapping[str, numpy.ndarray],
    tolerance: float,
) -> dict[str, Any]:
    inputs, expected = (folder / f"{name}.{kind}.npz"
                        for kind in ("inputs", "expect"))
    numpy.savez(inputs, **given)
    numpy.savez(expected, **right)
    return {"name": name, "model": served_as, "npz": str(inputs),
            "expect": str(expected), "tolerance": tolerance}
