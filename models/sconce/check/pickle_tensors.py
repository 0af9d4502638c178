"""Finds the tensors in what a pickle describes."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from sconce.check.finding import TensorInfo
from sconce.check.pickle_values import (
    Global,
    Made,
    Reference,
    Table,
    attributes_of,
    pairs_of,
)
from sconce.check.torch_types import DTYPES, STORAGES

MAX_DEPTH = 64
MAX_VISITS = 500_000
MAX_NAME = 300

# Attributes of nn.Module that are no part of a parameter's name.
TRANSPARENT = frozenset(("_modules", "_parameters", "_buffers"))

# Functions that make a tensor of another one: index of that one.
WRAPPERS = {
    "_rebuild_parameter": 0,
    "_rebuild_parameter_with_state": 0,
}

Known = Mapping[str, TensorInfo]


def tensor_of(
    value: Any, known: Known | None = None, depth: int = 8
) -> TensorInfo | None:
    """The tensor, without a name, that `value` describes; None for anything
    else. `known` has the tensors that are referred to by their key alone,
    as in the tar files of old."""
    if isinstance(value, Reference):
        return (known or {}).get(label(value.pid))
    if not isinstance(value, Made) or depth == 0:
        return None
    function, arguments = value.function, value.arguments
    if not isinstance(function, Global) or not isinstance(arguments, tuple):
        return None
    if function.name in WRAPPERS and arguments:
        return tensor_of(arguments[0], known, depth - 1)
    if function.name == "_rebuild_from_type_v2" and len(arguments) > 2:
        inner = Made(arguments[0], arguments[2])
        return tensor_of(inner, known, depth - 1)
    if function.module == "torch._utils":
        return _rebuilt(function.name, arguments)
    return None


def _rebuilt(function: str, arguments: tuple[Any, ...]) -> TensorInfo | None:
    match function, arguments:
        case "_rebuild_tensor_v3", (storage, at, size, _, _, _, dtype, *_):
            return _stored(storage, at, size, dtype)
        case (
            "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_qtensor",
            (storage, at, size, *_),
        ):
            return _stored(storage, at, size)
        case "_rebuild_meta_tensor_no_storage", (dtype, size, *_):
            return _described(size, *_dtype(dtype))
        case "_rebuild_sparse_tensor", (_, (_, values, size, *_)):
            inner = tensor_of(values)
            return _described(size, inner.dtype if inner else "?", 0)
    return None


def _stored(
    storage: Any, offset: Any, size: Any, dtype: Any = None
) -> TensorInfo | None:
    """A tensor of a storage that is named ("storage", class, key, device,
    number of elements, …)."""
    match storage:
        case Reference(pid=("storage", Global(name=kind), key, _, n, *_)):
            name, itemsize = STORAGES.get(kind, (kind, 0))
            length = n * itemsize if type(n) is int else 0
            if dtype is not None:
                name, itemsize = _dtype(dtype)
            found = _described(size, name, itemsize)
            return found and dataclasses.replace(
                found,
                storage=label(key),
                storage_bytes=length,
                offset=offset if type(offset) is int else 0,
            )
    return None


def _dtype(dtype: Any) -> tuple[str, int]:
    name = dtype.name if isinstance(dtype, Global) else "?"
    return DTYPES.get(name, (name, 0))


def _described(size: Any, dtype: str, itemsize: int) -> TensorInfo | None:
    if isinstance(size, Made):  # torch.Size(…)
        match size.arguments:
            case (size,):
                pass
    if not isinstance(size, (tuple, list)) or len(size) > MAX_DEPTH:
        return None
    if not all(type(n) is int and 0 <= n < 2**63 for n in size):
        return None
    return TensorInfo("", dtype, tuple(size), itemsize)


def named_tensors(value: Any, known: Known | None = None) -> list[TensorInfo]:
    """Every tensor below `value` with its name, keys and attributes joined
    by dots. Containers that occur more than once are entered once."""
    found: list[TensorInfo] = []
    seen: set[int] = set()
    # The names of what is waiting are made when its turn has come: there may
    # be millions.
    waiting: list[tuple[str, Any, Any, int]] = [("", "", value, 0)]
    for _ in range(MAX_VISITS):
        if not waiting:
            break
        parent, key, part, depth = waiting.pop()
        name = _joined(parent, key)
        tensor = tensor_of(part, known)
        if tensor is not None:
            found.append(dataclasses.replace(tensor, name=name))
        elif depth < MAX_DEPTH and id(part) not in seen:
            seen.add(id(part))
            inside = [
                (name, inner, each, depth + 1)
                for inner, each in children(part)
                if isinstance(each, (Made, Table, Reference, list, tuple))
            ]
            waiting.extend(reversed(inside))
    return found


def children(value: Any) -> Iterator[tuple[Any, Any]]:
    """What lies directly in a container or instance, by key."""
    if isinstance(value, (list, tuple)):
        yield from enumerate(value)
    if isinstance(value, (Table, Made)):
        yield from pairs_of(value) or []
        yield from attributes_of(value)
    if isinstance(value, Made):
        yield from enumerate(value.items)


def _joined(prefix: str, key: Any) -> str:
    if isinstance(key, str) and (not key or key in TRANSPARENT):
        return prefix
    text = f"{prefix}.{label(key)}" if prefix else label(key)
    return text[:MAX_NAME]


def label(key: Any) -> str:
    """A key as text. Only what is short by nature is written out: a hostile
    one may be a number of megabytes."""
    if isinstance(key, int) and abs(key) < 2**63 or isinstance(key, float):
        return str(key)
    return key[:MAX_NAME] if isinstance(key, str) else "?"
