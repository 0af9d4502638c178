"""Answer: what came back for one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping

import numpy as np

from sconce.client.datatypes import array_of
from sconce.client.errors import Error
from sconce.client.metadata import ModelMetadata
from sconce.client.requests import Parameter
from sconce.client.structures import rebuild


@dataclass(frozen=True)
class Answer:
    """`value` is what the model returned, put together again; `outputs` has
    its tensors by name, in the server's order. `datatypes` are the wire's.
    `version` is the one that ran."""

    value: Any
    outputs: Mapping[str, np.ndarray[Any, Any]]
    datatypes: Mapping[str, str]
    model: str
    version: str
    id: str
    parameters: Mapping[str, Parameter]


def answer_of(response: Any, metadata: ModelMetadata) -> Answer:
    """From a ModelInferResponse."""
    outputs: Dict[str, np.ndarray[Any, Any]] = {}
    if len(response.outputs) != len(response.raw_output_contents):
        raise Error(
            f"{len(response.outputs)} outputs came with "
            f"{len(response.raw_output_contents)} contents; expected raw "
            "contents for each",
            "INTERNAL",
        )
    for info, raw in zip(response.outputs, response.raw_output_contents):
        outputs[info.name] = array_of(
            info.name, info.datatype, list(info.shape), raw
        )
    return Answer(
        value=rebuild(outputs, metadata.structure),
        outputs=outputs,
        datatypes={info.name: info.datatype for info in response.outputs},
        model=response.model_name,
        version=response.model_version,
        id=response.id,
        parameters={
            name: getattr(value, value.WhichOneof("parameter_choice"))
            for name, value in response.parameters.items()
            if value.WhichOneof("parameter_choice")
        },
    )
