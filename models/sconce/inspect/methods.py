"""Reads the methods of an archive: signatures, operators, constants."""

from typing import Any

import torch

from sconce.inspect.graphs import (
    device_constants,
    operators,
    tensor_constants,
)
from sconce.inspect.inspection import Argument, DeviceConstant, Method
from sconce.inspect.saved import describe_examples


class Methods:
    """The methods of one module; forward is first."""

    def __init__(self, model: torch.jit.ScriptModule) -> None:
        names = model._c._method_names()
        self.names = sorted(names, key=lambda name: (name != "forward", name))
        self._methods = {name: model._c._get_method(name) for name in names}
        self._graphs = {
            name: method.inlined_graph
            for name, method in self._methods.items()
        }

    def describe(self, examples: dict[str, list[Any]]) -> list[Method]:
        return [
            self._describe(name, examples.get(name, [])) for name in self.names
        ]

    def device_constants(self) -> list[DeviceConstant]:
        return [
            constant
            for name in self.names
            for constant in device_constants(name, self._graphs[name])
        ]

    def tensor_constants(self) -> dict[str, torch.Tensor]:
        """`<method>.constant<n>` to the tensor."""
        return {
            f"{name}.constant{number}": tensor
            for name in self.names
            for number, tensor in enumerate(
                tensor_constants(self._graphs[name])
            )
        }

    def _describe(self, name: str, inputs: list[Any]) -> Method:
        schema = self._methods[name].schema
        arguments = [argument(each) for each in schema.arguments[1:]]
        return Method(
            name=name,
            arguments=arguments,
            returns=type_name(schema.returns[0].type),
            operators=operators(self._graphs[name]),
            traced_examples=describe_examples(
                [each.name for each in arguments], inputs
            ),
        )


def argument(spec: Any) -> Argument:
    """From an argument of a torch function schema."""
    return Argument(
        name=spec.name,
        type=type_name(spec.type),
        has_default=spec.has_default_value(),
        default=spec.default_value,
    )


def type_name(kind: Any) -> str:
    """As the user wrote it: `Optional[Tensor]`, `Out(boxes: Tensor)`."""
    text: str = kind.annotation_str
    name = text.rpartition(".")[2] if text.startswith("__torch__.") else text
    fields: str = kind.str()
    if not fields.startswith("NamedTuple("):
        return name
    return name + fields.removeprefix("NamedTuple").replace(" : ", ": ")
