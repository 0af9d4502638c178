"""The data classes of the metadata. Immutable; they hold no torch objects.

Fields, their meaning and their JSON form are in models/doc/metadata.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sconce.archive.datatypes import Array

Scalar = bool | int | float | str | None
Value = Array | Scalar
Structure = Mapping[str, object]

KINDS = ("tensor", "bool", "int", "float", "str", "none")


@dataclass(frozen=True)
class ValueSpec:
    """One flattened input or output.

    `dtype` (a name of the Open Inference Protocol) and `shape` (sizes, names
    of dimensions, or "?") are for tensors and None for the other kinds.
    An `optional` input may be left out; `default` is then taken.
    """

    name: str
    kind: str
    dtype: str | None = None
    shape: tuple[int | str, ...] | None = None
    optional: bool = False
    default: Scalar = None


@dataclass(frozen=True)
class MethodSpec:
    """One exported method.

    `dimensions` has a row for each name in the shapes, with any of "min",
    "max", "multiple". `batch` is the name of the dimension of independent
    rows. The structures say how to put flattened values together; an empty
    one says that there is nothing to do.
    """

    inputs: tuple[ValueSpec, ...]
    outputs: tuple[ValueSpec, ...]
    dimensions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    batch: str | None = None
    input_structure: Structure = field(default_factory=dict)
    output_structure: Structure = field(default_factory=dict)
    adapter: bool = False


@dataclass(frozen=True, eq=False)
class Example:
    """Inputs of one method and what eager PyTorch answered, by flattened
    name: numpy arrays, or scalars."""

    name: str
    method: str
    inputs: Mapping[str, Value]
    outputs: Mapping[str, Value]


@dataclass(frozen=True, eq=False)
class ModelMetadata:
    """What an archive says about itself.

    `examples_left_out` names the examples that were too large; `mismatches`
    has one line for each difference that was allowed at export, `notes` one
    for whatever else a reader should know: state, inputs changed in place.
    """

    methods: Mapping[str, MethodSpec]
    producer: Mapping[str, str] = field(default_factory=dict)
    source: Mapping[str, str] = field(default_factory=dict)
    how: str = "trace"
    description: str = ""
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tolerances: Mapping[str, Mapping[str, float]] = field(
        default_factory=dict
    )
    examples: tuple[Example, ...] = ()
    examples_left_out: tuple[str, ...] = ()
    mismatches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
