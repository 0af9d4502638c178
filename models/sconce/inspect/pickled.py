"""Reads the pickles of an archive without running what they name.

Every class and function a pickle names becomes an inert stand-in, so that
reading builds plain Python values and nothing else.
"""

import io
import pickle
from dataclasses import dataclass
from typing import Any

from sconce.inspect.errors import InspectError
from sconce.inspect.records import Records

LIMIT = 64 << 20  # bytes of one pickle; the largest real ones are under 1 MiB


@dataclass(frozen=True)
class Storage:
    """Where a tensor's bytes are: `dtype` is torch's storage class name."""

    dtype: str
    key: str
    device: str
    elements: int


@dataclass(frozen=True)
class PickledTensor:
    """A tensor as the pickle describes it, without its bytes."""

    storage: Storage
    shape: tuple[int, ...]


class Inert:
    """Stands for an object whose class the pickle names."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class ArchiveUnpickler(pickle.Unpickler):
    """Builds stand-ins; `storages` lists what the pickle refers to."""

    def __init__(self, data: bytes) -> None:
        super().__init__(io.BytesIO(data))
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if name in {"_rebuild_tensor_v2", "_rebuild_tensor"}:
            return rebuild_tensor
        if name == "restore_type_tag" or name.startswith("build_"):
            return first_argument
        return StorageClass(name) if name.endswith("Storage") else Inert

    def persistent_load(self, pid: Any) -> Storage:
        _, storage_class, key, device, elements = pid
        storage = Storage(storage_class.name, key, device, elements)
        self.storages[key] = storage
        return storage


@dataclass(frozen=True)
class StorageClass:
    """A storage type named by the pickle, as `FloatStorage`."""

    name: str


def rebuild_tensor(
    storage: Storage, _: int, shape: tuple[int, ...], *__: Any
) -> PickledTensor:
    return PickledTensor(storage, shape)


def first_argument(value: Any, *_: Any) -> Any:
    return value


def read_pickle(records: Records, name: str) -> tuple[Any, list[Storage]]:
    """The value and its storages; (None, []) when there is no such record.

    Raises InspectError for a pickle that is damaged.
    """
    data = records.read(name, LIMIT)
    if data is None:
        return None, []
    unpickler = ArchiveUnpickler(data)
    try:
        value = unpickler.load()
    except Exception as error:  # hostile bytes may raise anything
        raise InspectError(
            f"{records.path}: {name} is damaged: {error}; export it again"
        ) from error
    return value, list(unpickler.storages.values())
