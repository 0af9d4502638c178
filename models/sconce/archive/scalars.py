"""Scalars in JSON, which has no infinity and no NaN."""

import math

from sconce.archive.errors import MetadataError
from sconce.archive.field_reader import Field
from sconce.archive.specs import Scalar

_SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def scalar_to_json(value: object) -> object:
    """`value` itself, or {"float": "inf"} and the like.

    Raises MetadataError for what is no bool, int of 64 bits, float, str or
    None.
    """
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": "nan" if math.isnan(value) else str(value)}
    return read_scalar(Field(value, "value"))


def read_scalar(field: Field) -> Scalar:
    """Raises MetadataError for an array, another object, a larger int."""
    value = field.value
    if isinstance(value, dict):
        return _SPECIAL[field.at("float").one_of(_SPECIAL)]
    if isinstance(value, int) and not isinstance(value, bool):
        return field.integer()
    if value is None or isinstance(value, (bool, float, str)):
        return value
    raise field.fault("a bool, int, float, string or null")
