"""The messages and methods of both services, from `wire.binpb`.

They live in a descriptor pool of their own: tritonclient and the KServe SDK
register a package `inference` too, in protobuf's default pool, and a name can
be there once only. Here they cannot meet. Made from descriptors when they are
first needed, messages also go with any protobuf from 4.25 on, where generated
modules ask for one that is not older than their generator.

Immutable after import; thread-safe. Messages have no static types: nothing
above the modules that build and read them sees one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, NamedTuple

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

INFERENCE = "inference.GRPCInferenceService"
MANAGEMENT = "sconce.management.v1.Management"

_DESCRIPTORS = Path(__file__).with_name("wire.binpb")


class Method(NamedTuple):
    """One RPC: its path, the class of its request and of its response."""

    path: str
    request: Any
    response: Any


def _pool() -> DescriptorPool:
    try:
        found = FileDescriptorSet.FromString(_DESCRIPTORS.read_bytes())
    except FileNotFoundError:
        raise ImportError(
            f"{_DESCRIPTORS} is not there; install the package "
            "(pip install -e client/python, or `make setup`)"
        ) from None
    pool = DescriptorPool()
    for file in found.file:  # imports come before what imports them
        pool.AddSerializedFile(file.SerializeToString())
    return pool


_POOL = _pool()


def message(name: str) -> Any:
    """The class of the message with this full name."""
    return GetMessageClass(_POOL.FindMessageTypeByName(name))


def _methods(service: str) -> Dict[str, Method]:
    described = _POOL.FindServiceByName(service)
    return {
        method.name: Method(
            f"/{service}/{method.name}",
            GetMessageClass(method.input_type),
            GetMessageClass(method.output_type),
        )
        for method in described.methods
    }


inference = _methods(INFERENCE)
management = _methods(MANAGEMENT)
