"""The JSON form of values and methods: both directions side by side."""

from typing import Any

from sconce.archive.datatypes import DATA_TYPES
from sconce.archive.field_reader import Field
from sconce.archive.scalars import read_scalar, scalar_to_json
from sconce.archive.specs import KINDS, MethodSpec, ValueSpec

LIMITS = ("min", "max", "multiple")


def value_to_json(spec: ValueSpec) -> dict[str, Any]:
    found: dict[str, Any] = {"name": spec.name, "kind": spec.kind}
    if spec.kind == "tensor":
        found["dtype"] = spec.dtype
        found["shape"] = None if spec.shape is None else list(spec.shape)
    if spec.optional:
        found["optional"] = True
        found["default"] = scalar_to_json(spec.default)
    return found


def read_value(field: Field) -> ValueSpec:
    kind = field.at("kind").one_of(KINDS)
    dtype, shape = None, None
    if kind == "tensor":
        dtype = field.at("dtype").one_of(DATA_TYPES)
        shape = read_shape(field.at("shape", None))
    return ValueSpec(
        field.at("name").text(),
        kind,
        dtype,
        shape,
        field.at("optional", False).flag(),
        read_scalar(field.at("default", None)),
    )


def read_shape(field: Field) -> tuple[int | str, ...] | None:
    """None stands for a tensor of unknown rank."""
    if field.value is None:
        return None
    return tuple(map(read_size, field.items()))


def read_size(field: Field) -> int | str:
    if isinstance(field.value, str) and field.value:
        return field.value
    if field.integer() < 0:
        raise field.fault("a size or the name of a dimension")
    return field.integer()


def method_to_json(spec: MethodSpec) -> dict[str, Any]:
    return {
        "inputs": [value_to_json(value) for value in spec.inputs],
        "outputs": [value_to_json(value) for value in spec.outputs],
        "dimensions": {
            name: dict(limits) for name, limits in spec.dimensions.items()
        },
        "batch": spec.batch,
        "input_structure": dict(spec.input_structure),
        "output_structure": dict(spec.output_structure),
        "adapter": spec.adapter,
    }


def read_method(field: Field) -> MethodSpec:
    dimensions = field.at("dimensions", {}).members()
    return MethodSpec(
        tuple(map(read_value, field.at("inputs").items())),
        tuple(map(read_value, field.at("outputs").items())),
        {name: read_limits(each) for name, each in dimensions.items()},
        field.at("batch", None).text_or_null(),
        field.at("input_structure", {}).table(),
        field.at("output_structure", {}).table(),
        field.at("adapter", False).flag(),
    )


def read_limits(field: Field) -> dict[str, int]:
    return {
        limit: field.at(limit).integer()
        for limit in LIMITS
        if field.has(limit)
    }
