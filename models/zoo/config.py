"""The part of Triton's model configuration that the zoo makes use of."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TensorSpec:
    """One input or output as `config.pbtxt` describes it.

    `dims` leaves out the batch dimension where the model is batched, as
    Triton's format asks; -1 stands for any size.
    """

    name: str
    data_type: str
    dims: tuple[int, ...]


@dataclass(frozen=True)
class ModelConfig:
    """What stands in a model's `config.pbtxt`."""

    max_batch_size: int
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]


def render(name: str, config: ModelConfig) -> str:
    """The whole file in protobuf's text format, ending in a newline."""
    lines = [
        f'name: "{name}"',
        'platform: "pytorch_libtorch"',
        f"max_batch_size: {config.max_batch_size}",
        *(_tensor("input", spec) for spec in config.inputs),
        *(_tensor("output", spec) for spec in config.outputs),
    ]
    return "\n".join(lines) + "\n"


def _tensor(field: str, spec: TensorSpec) -> str:
    dims = ", ".join(str(dim) for dim in spec.dims)
    return (
        f"{field} {{\n"
        f'  name: "{spec.name}"\n'
        f"  data_type: {spec.data_type}\n"
        f"  dims: [{dims}]\n"
        "}"
    )
