"""What a server tells about a model's method."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional, Tuple

# Properties of ModelMetadata.
STRUCTURE = "sconce.output_structure"


@dataclass(frozen=True)
class TensorInfo:
    """An input or an output. `datatype` is empty while it is unknown; so is
    `shape`, where -1 is any size."""

    name: str
    datatype: str = ""
    shape: Tuple[int, ...] = ()

    def __str__(self) -> str:
        shape = ",".join("?" if n < 0 else str(n) for n in self.shape)
        return f"{self.name}={self.datatype or 'any type'}[{shape}]"


@dataclass(frozen=True)
class ModelMetadata:
    """A method of a model. `outputs` are empty while they are unknown.

    An input named `xs.<index>` or `d.<key>` stands for the tensors of a list
    or dict. `structure` tells how outputs are put together, where the server
    knows it (models/doc/metadata.md has the format).
    """

    name: str
    versions: Tuple[str, ...]
    platform: str
    inputs: Tuple[TensorInfo, ...]
    outputs: Tuple[TensorInfo, ...]
    properties: Mapping[str, str]
    structure: Optional[Mapping[str, Any]] = None


def metadata_of(response: Any) -> ModelMetadata:
    """From a ModelMetadataResponse."""
    properties: Dict[str, str] = dict(response.properties)
    return ModelMetadata(
        name=response.name,
        versions=tuple(response.versions),
        platform=response.platform,
        inputs=tuple(map(_tensor, response.inputs)),
        outputs=tuple(map(_tensor, response.outputs)),
        properties=properties,
        structure=_structure(properties.get(STRUCTURE, "")),
    )


def _tensor(info: Any) -> TensorInfo:
    return TensorInfo(info.name, info.datatype, tuple(info.shape))


def _structure(text: str) -> Optional[Mapping[str, Any]]:
    """None where it is not given, or not as we know it."""
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
