"""What the exporter recorded in the archive, in words and small numbers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sconce.archive import Example, MethodSpec, ValueSpec, read_metadata
from sconce.archive.datatypes import data_type_of


@dataclass(frozen=True)
class RecordedMethod:
    """`inputs` and `outputs` as `x: FP32[batch, 3]`; `batch` may be None."""

    inputs: list[str]
    outputs: list[str]
    dimensions: dict[str, Any]
    batch: str | None


@dataclass(frozen=True)
class RecordedExample:
    """A golden example by its values: `x=FP32[1,3]`, `scale=2`."""

    name: str
    method: str
    inputs: list[str]
    outputs: list[str]


@dataclass(frozen=True)
class Recorded:
    """The metadata without its tensors."""

    how: str
    description: str
    producer: dict[str, str]
    source: dict[str, str]
    labels: dict[str, list[str]]
    methods: dict[str, RecordedMethod]
    examples: list[RecordedExample]
    examples_left_out: list[str]
    mismatches: list[str]


def recorded(path: Path) -> Recorded | None:
    """None for an archive without metadata.

    Raises sconce.archive's error where the metadata cannot be read.
    """
    found = read_metadata(path)
    if found is None:
        return None
    return Recorded(
        how=found.how,
        description=found.description,
        producer=dict(found.producer),
        source=dict(found.source),
        labels={name: list(each) for name, each in found.labels.items()},
        methods={
            name: recorded_method(each) for name, each in found.methods.items()
        },
        examples=[recorded_example(each) for each in found.examples],
        examples_left_out=list(found.examples_left_out),
        mismatches=list(found.mismatches),
    )


def recorded_method(spec: MethodSpec) -> RecordedMethod:
    return RecordedMethod(
        inputs=[value_text(value) for value in spec.inputs],
        outputs=[value_text(value) for value in spec.outputs],
        dimensions=dict(spec.dimensions),
        batch=spec.batch,
    )


def recorded_example(example: Example) -> RecordedExample:
    return RecordedExample(
        name=example.name,
        method=example.method,
        inputs=[f"{k}={leaf_text(v)}" for k, v in example.inputs.items()],
        outputs=[f"{k}={leaf_text(v)}" for k, v in example.outputs.items()],
    )


def value_text(spec: ValueSpec) -> str:
    """`x: FP32[batch, 3]`, `scale: int = 2`."""
    if spec.kind == "tensor":
        sizes = "?" if spec.shape is None else ", ".join(map(str, spec.shape))
        return f"{spec.name}: {spec.dtype}[{sizes}]"
    default = f" = {spec.default!r}" if spec.optional else ""
    return f"{spec.name}: {spec.kind}{default}"


def leaf_text(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{data_type_of(value)}[{','.join(map(str, value.shape))}]"
    return repr(value)
