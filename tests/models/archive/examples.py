"""Metadata that the tests write and read."""

import numpy as np

from sconce.archive import Example, MethodSpec, ModelMetadata, ValueSpec

X = ValueSpec("x", "tensor", "FP32", ("batch", 3))
SCALE = ValueSpec("scale", "int", optional=True, default=2)
Y = ValueSpec("output_0", "tensor", "FP32", ("batch", 1))

FORWARD = MethodSpec(
    inputs=(X, SCALE),
    outputs=(Y,),
    dimensions={"batch": {"min": 0, "multiple": 2}},
    batch="batch",
    input_structure={
        "dict": [["x", {"leaf": "x"}], ["scale", {"leaf": "scale"}]]
    },
    output_structure={"leaf": "output_0"},
    adapter=True,
)


def example(rows: int, name: str = "given") -> Example:
    """An example of FORWARD with 4 bytes of output and 12 of input a row."""
    x = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
    y = x.sum(1, keepdims=True)
    return Example(name, "forward", {"x": x, "scale": 2}, {"output_0": y})


METADATA = ModelMetadata(
    methods={"forward": FORWARD},
    producer={"sconce": "0.1.0", "torch": "2.11.0"},
    source={"entry": "shop.models:make", "sha256": "0123"},
    how="script",
    description="prix \N{EURO SIGN}\nsecond line",
    labels={"output_0": ("tench", "großer Hai")},
    tolerances={"FP32": {"rtol": 1e-4, "atol": 1e-5}},
    examples=(example(2), example(0, "no rows")),
    mismatches=("output_0 differs by 0.5 at batch=3",),
    notes=("forward changes its input x in place",),
)
