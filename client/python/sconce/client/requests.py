"""Requests of the inference service as messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

from sconce.client.errors import InvalidInput
from sconce.client.tensors import WireTensor
from sconce.client.wire import inference

Parameter = Union[bool, int, float, str]


@dataclass(frozen=True)
class Options:
    """What a request says beside its tensors."""

    priority: int = 0
    request_id: str = ""
    outputs: Sequence[str] = ()
    timings: bool = False
    parameters: Mapping[str, Parameter] = field(default_factory=dict)


def infer_request(
    model: str,
    version: str,
    tensors: Iterable[WireTensor],
    options: Options,
    extra: Optional[Mapping[str, Parameter]] = None,
) -> Any:
    """A ModelInferRequest; `extra` are further parameters."""
    request = inference["ModelInfer"].request(
        model_name=model, model_version=version, id=options.request_id
    )
    for tensor in tensors:
        request.inputs.add(
            name=tensor.name, datatype=tensor.datatype, shape=tensor.shape
        )
        request.raw_input_contents.append(tensor.raw)
    for name in options.outputs:
        request.outputs.add(name=name)
    parameters = {**options.parameters, **(extra or {})}
    if options.priority:
        parameters["priority"] = options.priority
    if options.timings:
        parameters["timings"] = True
    for name, value in parameters.items():
        _set_parameter(request.parameters[name], name, value)
    return request


def _set_parameter(target: Any, name: str, value: Parameter) -> None:
    if isinstance(value, bool):
        target.bool_param = value
    elif isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise InvalidInput(f'parameter "{name}": {value} is no int64')
        target.int64_param = value
    elif isinstance(value, float):
        target.double_param = value
    elif isinstance(value, str):
        target.string_param = value
    else:
        raise InvalidInput(
            f'parameter "{name}" is a {type(value).__name__}; expected a '
            "bool, int, float or str"
        )
