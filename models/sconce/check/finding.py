"""What a check finds out about one file."""

import math
from dataclasses import dataclass, field
from enum import StrEnum

from sconce.check.advice import AGAIN


class Kind(StrEnum):
    """What a file is. The values are part of `--json`."""

    TORCHSCRIPT = "torchscript"
    TORCHSCRIPT_MOBILE = "torchscript_mobile"
    TORCHSCRIPT_LEGACY = "torchscript_legacy"
    TORCHSCRIPT_FLATBUFFER = "torchscript_flatbuffer"
    STATE_DICT = "state_dict"
    CHECKPOINT = "checkpoint"
    MODULE = "module"
    TENSORS = "tensors"
    PICKLE = "pickle"
    EXPORTED_PROGRAM = "exported_program"
    AOT_INDUCTOR = "aot_inductor"
    TORCH_PACKAGE = "torch_package"
    ONNX = "onnx"
    SAFETENSORS = "safetensors"
    DAMAGED = "damaged"
    EMPTY = "empty"
    DIRECTORY = "directory"
    OTHER = "other"


@dataclass(frozen=True)
class TensorInfo:
    """A tensor by what the file says of it; its bytes are not read.

    `dtype` is a name of the Open Inference Protocol where there is one.
    `storage`, of `storage_bytes`, has its bytes from the element `offset`
    on; None where that is not known. Tensors of one storage share memory.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    itemsize: int = 0
    storage: str | None = None
    storage_bytes: int = 0
    offset: int = 0

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        return self.elements * self.itemsize


@dataclass
class Finding:
    """One file. `facts` are for people and are in the order of importance;
    `problems` keep it from being served or used."""

    kind: Kind
    title: str
    facts: dict[str, str] = field(default_factory=dict)
    tensors: list[TensorInfo] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    advice: str = ""
    factory: str = ""
    command: str = ""

    def refuse(self, *problems: str) -> None:
        """Notes what is damaged; then only a whole file helps."""
        if problems:
            self.problems += problems
            self.advice, self.factory, self.command = AGAIN, "", ""

    @property
    def servable(self) -> bool:
        served = (Kind.TORCHSCRIPT, Kind.TORCHSCRIPT_MOBILE)
        return self.kind in served and not self.problems

    @property
    def distinct(self) -> list[TensorInfo]:
        """The tensors, of those that are one and the same only the first."""
        found: dict[object, TensorInfo] = {}
        for index, tensor in enumerate(self.tensors):
            place = tensor.storage, tensor.offset, tensor.shape
            found.setdefault(place if tensor.storage else index, tensor)
        return list(found.values())

    @property
    def elements(self) -> int:
        """The number of parameters, shared ones counted once."""
        return sum(tensor.elements for tensor in self.distinct)

    @property
    def bytes(self) -> int:
        return sum(tensor.bytes for tensor in self.distinct)
