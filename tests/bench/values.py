"""The requests of the scenario `values`: the models of values_models.py."""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sconce_support.eager import Arrays
from sconce_support.inference import raw_request
from tritonclient.grpc import service_pb2
from tritonclient.utils import serialize_byte_tensor
from values_models import MODELS
from workloads import Workload

Scalar = float | int | bool | str

_SCALARS: Mapping[str, Scalar] = {
    "scale": 1.5,
    "count": 2,
    "flag": True,
    "label": "scores",
}
# The field of a request parameter for a value; bool is an int too.
_FIELDS = {
    float: "double_param",
    int: "int64_param",
    bool: "bool_param",
    str: "string_param",
}


@dataclass(frozen=True)
class ValuesWorkload(Workload):
    """x, and scalars as tensors of one element or as request parameters."""

    scalars: Mapping[str, Scalar]
    as_parameters: bool = False

    @property
    def message(self) -> service_pb2.ModelInferRequest:
        request = raw_request(self.model, {"x": self.input})
        add = _add_parameter if self.as_parameters else _add_tensor
        for name, value in self.scalars.items():
            add(request, name, value)
        return request

    def expected(self) -> Arrays:
        module = MODELS[self.model]()
        answer = module(torch.from_numpy(self.input), **self.scalars)
        named = answer if isinstance(answer, dict) else {"output_0": answer}
        return {name: tensor.numpy() for name, tensor in named.items()}

    def write_model(self) -> None:
        self.archive.parent.mkdir(parents=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            module = MODELS[self.model]().eval()
            torch.jit.script(module).save(str(self.archive))

    @property
    def _stem(self) -> str:
        return f"{self.model}-{'parameters' if self.as_parameters else 'raw'}"


def workloads(folder: Path) -> dict[str, ValuesWorkload]:
    """By the label in the table; `tensors` is what the others stand beside."""

    def work(
        model: str, scalars: Mapping[str, Scalar], parameters: bool = False
    ) -> ValuesWorkload:
        return ValuesWorkload(model, (1, 32), folder, scalars, parameters)

    return {
        "tensors": work("tensors", {}),
        "on_lane": work("on_lane", {}),
        "dict_only": work("dict_only", {}),
        "scalars_only": work("scalars_only", _SCALARS),
        "one_output": work("one_output", _SCALARS),
        "three_outputs": work("three_outputs", _SCALARS),
        "three_outputs_parameters": work("three_outputs", _SCALARS, True),
    }


def _add_parameter(
    request: service_pb2.ModelInferRequest, name: str, value: Scalar
) -> None:
    setattr(request.parameters[name], _FIELDS[type(value)], value)


def _add_tensor(
    request: service_pb2.ModelInferRequest, name: str, value: Scalar
) -> None:
    datatype, content = _encoded(value)
    request.inputs.add(name=name, datatype=datatype, shape=[1])
    request.raw_input_contents.append(content)


def _encoded(value: Scalar) -> tuple[str, bytes]:
    if isinstance(value, str):
        text = np.array([value], dtype=object)
        return "BYTES", serialize_byte_tensor(text).item()
    if isinstance(value, bool):
        return "BOOL", np.array(value, np.bool_).tobytes()
    if isinstance(value, int):
        return "INT64", np.array(value, np.int64).tobytes()
    return "FP64", np.array(value, np.float64).tobytes()
