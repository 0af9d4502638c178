"""What the parts of the metadata must agree on. Checked when it is written
and when it is read, so that a reader can rely on it."""

from collections.abc import Mapping

import numpy as np

from sconce.archive.datatypes import data_type_of
from sconce.archive.errors import MetadataError
from sconce.archive.rebuilding import leaf_names
from sconce.archive.specs import (
    Example,
    MethodSpec,
    ModelMetadata,
    Value,
    ValueSpec,
)

UNKNOWN_SIZE = "?"


def check_consistency(metadata: ModelMetadata) -> None:
    """Raises MetadataError for the first contradiction."""
    for name, method in metadata.methods.items():
        try:
            check_method(method)
        except MetadataError as error:
            raise MetadataError(f"methods.{name}: {error}") from None
    for example in metadata.examples:
        try:
            check_example(example, metadata.methods)
        except MetadataError as error:
            text = f"example '{example.name}': {error}"
            raise MetadataError(text) from None


def check_method(method: MethodSpec) -> None:
    """Names occur once, dimensions are declared, structures name values."""
    for side in ("input", "output"):
        values: tuple[ValueSpec, ...] = getattr(method, f"{side}s")
        names: set[str] = set()
        for value in values:
            if value.name in names:
                raise MetadataError(f"two {side}s are named '{value.name}'")
            names.add(value.name)
        structure = getattr(method, f"{side}_structure")
        for name in leaf_names(structure) if structure else ():
            if name not in names:
                raise MetadataError(
                    f"{side}_structure names '{name}', which is no {side}"
                )
    check_dimensions(method)


def check_dimensions(method: MethodSpec) -> None:
    for value in (*method.inputs, *method.outputs):
        for size in value.shape or ():
            known = isinstance(size, int) or size in method.dimensions
            if not known and size != UNKNOWN_SIZE:
                raise MetadataError(
                    f"'{value.name}' has the dimension '{size}', which "
                    "dimensions does not list"
                )
    if method.batch is not None and method.batch not in method.dimensions:
        raise MetadataError(
            f"batch is '{method.batch}', which dimensions does not list"
        )


def check_example(
    example: Example, methods: Mapping[str, MethodSpec]
) -> None:
    method = methods.get(example.method)
    if method is None:
        raise MetadataError(f"there is no method '{example.method}'")
    check_values("input", example.inputs, method.inputs)
    check_values("output", example.outputs, method.outputs)


def check_values(
    side: str, values: Mapping[str, Value], specs: tuple[ValueSpec, ...]
) -> None:
    """Each value has a specification and follows it; none is missing."""
    by_name = {spec.name: spec for spec in specs}
    for name, value in values.items():
        if name not in by_name:
            raise MetadataError(f"the method has no {side} '{name}'")
        if not follows(value, by_name[name]):
            raise MetadataError(
                f"{side} '{name}': expected {expected(by_name[name])}, found "
                f"{found(value)}"
            )
    for spec in specs:
        if spec.name not in values and not spec.optional:
            raise MetadataError(f"{side} '{spec.name}' is missing")


def follows(value: Value, spec: ValueSpec) -> bool:
    """Whether kind, type and rank are those of the specification. An
    optional value may be None."""
    if value is None:
        return spec.optional or spec.kind == "none"
    if not isinstance(value, np.ndarray):
        return type(value).__name__ == spec.kind
    return (
        spec.kind == "tensor"
        and data_type_of(value) == spec.dtype
        and (spec.shape is None or value.ndim == len(spec.shape))
    )


def expected(spec: ValueSpec) -> str:
    if spec.kind != "tensor":
        return spec.kind
    rank = "any rank" if spec.shape is None else f"rank {len(spec.shape)}"
    return f"{spec.dtype} of {rank}"


def found(value: Value) -> str:
    if isinstance(value, np.ndarray):
        return f"{data_type_of(value)} of rank {value.ndim}"
    return "none" if value is None else type(value).__name__
