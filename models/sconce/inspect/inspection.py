"""What an inspection finds, as plain data; `--json` is exactly this."""

from dataclasses import dataclass, field
from typing import Any

from sconce.inspect.metadata import Recorded


@dataclass(frozen=True)
class Argument:
    """One argument of a method; `default` is None when there is none."""

    name: str
    type: str
    has_default: bool = False
    default: Any = None


@dataclass(frozen=True)
class Method:
    """One method of the top module that a caller can name."""

    name: str
    arguments: list[Argument]
    returns: str
    operators: dict[str, int]  # operator to calls, submodules included
    traced_examples: list[str]  # `x=FP32[1,3,8,8]`, of a traced method


@dataclass(frozen=True)
class ModuleEntry:
    """One module; `path` is dotted and empty for the top module."""

    path: str
    type: str
    training: bool
    parameters: int  # elements of its own parameters, not its children's


@dataclass(frozen=True)
class TensorEntry:
    """One parameter, buffer or constant of a graph.

    `bytes` is the size of the storage; it is 0 for a tensor that lives in the
    storage of the one named by `shares`.
    """

    name: str
    kind: str  # parameter, buffer, constant
    dtype: str
    shape: list[int]
    elements: int
    bytes: int
    shares: str | None = None


@dataclass(frozen=True)
class DeviceConstant:
    """A device written into the program instead of asked of an input."""

    method: str
    device: str
    operator: str
    line: str  # `file.py:12`, empty when the archive has no debug files


@dataclass(frozen=True)
class Inspection:
    """Everything `sconce inspect` shows but the source code."""

    path: str
    file_bytes: int
    modules: list[ModuleEntry]
    methods: list[Method]
    tensors: list[TensorEntry]
    saved_devices: dict[str, int]  # device to bytes, as the file says
    device_constants: list[DeviceConstant]
    recorded: Recorded | None
    notes: list[str] = field(default_factory=list)
