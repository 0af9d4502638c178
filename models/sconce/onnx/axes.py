"""Dynamic axes of the ONNX file, from the shapes in the metadata."""

from collections.abc import Iterable

from sconce.archive import ValueSpec

Axes = dict[str, dict[int, str]]


def dynamic_axes(values: Iterable[ValueSpec]) -> Axes:
    """Input or output name to its named axes.

    A symbolic name stays as it is; "?", a size that depends on values, gets
    a name of its own, because in ONNX one name is one size.
    """
    found = {value.name: _named(value) for value in values}
    return {name: axes for name, axes in found.items() if axes}


def _named(value: ValueSpec) -> dict[int, str]:
    return {
        index: f"{value.name}_{index}" if size == "?" else size
        for index, size in enumerate(value.shape or ())
        if isinstance(size, str)
    }
