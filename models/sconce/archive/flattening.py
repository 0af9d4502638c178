"""Nested values to flat lists of named ones.

`None` is part of the structure and no leaf; every other value that is no
container is a leaf. Dicts keep their order.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from sconce.archive.errors import MetadataError

MAX_DEPTH = 64

Leaves = list[tuple[str, Any]]
Parts = list[tuple[str | int | float | bool, Any]]


def flatten(
    value: object, root: str, *, output: bool = False
) -> tuple[Leaves, dict[str, Any]]:
    """The leaves by name, and the structure that `rebuild` takes.

    An input is called `root`, what lies inside it `root.key`, `root.0`. With
    `output`, a value that is no container and the items of a tuple or list
    are `root_0`, `root_1`; fields and dict keys keep their own names.

    Raises MetadataError for a dict key that is no str, bool, int or float,
    for two leaves of one name, and for nesting deeper than 64.
    """
    leaves: Leaves = []
    names = _outermost(value, root) if output else _Names(root, ".")
    structure = _take_apart(value, names, leaves, MAX_DEPTH)
    seen: set[str] = set()
    for name, _ in leaves:
        if name in seen:
            raise MetadataError(
                f"two values would both be named '{name}'; rename a dict key"
            )
        seen.add(name)
    return leaves, structure


@dataclasses.dataclass(frozen=True)
class _Names:
    """What the parts of a value are called: prefix, separator, key."""

    prefix: str
    separator: str

    @property
    def own(self) -> str:
        return self.prefix

    def of(self, key: object) -> str:
        return f"{self.prefix}{self.separator}{key}"


@dataclasses.dataclass(frozen=True)
class _OutputNames(_Names):
    """The outermost level of an output."""

    @property
    def own(self) -> str:
        return f"{self.prefix}_0"

    def of(self, key: object) -> str:
        return f"{self.prefix}_{key}" if self.separator else str(key)


def _outermost(value: object, root: str) -> _Names:
    named = isinstance(value, Mapping) or _fields(value) is not None
    return _OutputNames(root, "" if named else "_")


def _fields(value: object) -> list[str] | None:
    """Field names of a NamedTuple or dataclass, None for anything else."""
    if isinstance(value, tuple):
        return list(getattr(value, "_fields", ())) or None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return [field.name for field in dataclasses.fields(value)]
    return None


def _take_apart(
    value: object, names: _Names, leaves: Leaves, depth: int
) -> dict[str, Any]:
    if value is None:
        return {"none": True}
    kind, parts = _parts(value)
    if kind is None:
        leaves.append((names.own, value))
        return {"leaf": names.own}
    if depth == 0:
        raise MetadataError(f"'{names.own}' nests deeper than {MAX_DEPTH}")
    inside = [
        (key, _take_apart(part, _Names(names.of(key), "."), leaves, depth - 1))
        for key, part in parts
    ]
    return _described(kind, type(value).__name__, inside)


def _parts(value: object) -> tuple[str | None, Parts]:
    """The kind of container and what it holds by key. A Mapping that is a
    dataclass too (as transformers has them) is taken as a dict."""
    if isinstance(value, Mapping):
        return "dict", [(_key(key), part) for key, part in value.items()]
    fields = _fields(value)
    if fields is not None:
        kind = "namedtuple" if isinstance(value, tuple) else "dataclass"
        return kind, [(name, getattr(value, name)) for name in fields]
    if isinstance(value, (tuple, list)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return kind, list(enumerate(value))
    return None, []


def _key(key: object) -> str | int | float | bool:
    if not isinstance(key, (str, int, float)):
        raise MetadataError(
            f"dict key {key!r} is a {type(key).__name__}; expected a str, "
            "bool, int or float"
        )
    return key


def _described(
    kind: str, type_name: str, inside: list[tuple[Any, dict[str, Any]]]
) -> dict[str, Any]:
    if kind in ("tuple", "list"):
        return {kind: [part for _, part in inside]}
    pairs = [[key, part] for key, part in inside]
    if kind == "dict":
        return {"dict": pairs}
    return {kind: type_name, "fields": pairs}
