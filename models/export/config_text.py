"""Renders a model's configuration in the text format of `config.pbtxt`."""

from models.zoo import ModelConfig, TensorSpec


def render(name: str, config: ModelConfig) -> str:
    """The whole file, ending in a newline."""
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
