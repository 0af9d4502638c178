"""Named outputs back to the value that the model returned."""

from __future__ import annotations

import collections
import dataclasses
from functools import lru_cache
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, cast

_MAX_DEPTH = 64
_FIRST = "output_"


class Mismatch(Exception):
    """The outputs are not those of the structure."""


def rebuild(
    outputs: Mapping[str, Any], structure: Optional[Mapping[str, Any]]
) -> Any:
    """The value: by `structure` where the server gave one that fits these
    outputs, else by their names.

    By name, `output_0` alone is a value and `output_0`, `output_1` a tuple;
    other names are keys of a dict; what is numbered below a name is a tuple.
    """
    if structure is not None:
        try:
            if set(_leaves(structure, _MAX_DEPTH)) == set(outputs):
                return _declared(structure, outputs)
        except (Mismatch, KeyError, TypeError, ValueError):
            pass  # of a newer format, or not of ours: names never lie
    return by_names(outputs)


def by_names(outputs: Mapping[str, Any]) -> Any:
    tree: Dict[str, Any] = {}
    for name, value in outputs.items():
        _plant(tree, name, value)
    numbered = [f"{_FIRST}{index}" for index in range(len(tree))]
    if tree and list(tree) == numbered:
        items = tuple(_grown(tree[name]) for name in numbered)
        return items[0] if len(items) == 1 else items
    return {name: _grown(part) for name, part in tree.items()}


class _Node(Dict[str, Any]):
    """A level of the tree, told from a value that is a dict."""


def _plant(tree: Dict[str, Any], name: str, value: Any) -> None:
    *path, last = name.split(".")
    for depth, key in enumerate(path):
        below = tree.setdefault(key, _Node())
        if not isinstance(below, _Node):  # `a` is a value and `a.b` another
            tree[".".join([*path[depth:], last])] = value
            return
        tree = below
    tree[last] = value


def _grown(part: Any) -> Any:
    if not isinstance(part, _Node):
        return part
    if list(part) == [str(index) for index in range(len(part))]:
        return tuple(_grown(each) for each in part.values())
    return {key: _grown(each) for key, each in part.items()}


def _read(structure: Any) -> Tuple[str, Any, List[Any], List[Any]]:
    """Kind, name, keys and parts of one level; models/doc/metadata.md."""
    if not isinstance(structure, Mapping):
        raise Mismatch
    if structure.get("none") is True:
        return "none", None, [], []
    if "leaf" in structure:
        return "leaf", structure["leaf"], [], []
    for kind in ("tuple", "list"):
        if kind in structure:
            return kind, None, [], list(structure[kind])
    if "dict" in structure:
        pairs = structure["dict"]
        return "dict", None, [k for k, _ in pairs], [v for _, v in pairs]
    for kind in ("namedtuple", "dataclass"):
        if kind in structure:
            pairs = structure["fields"]
            keys, parts = [k for k, _ in pairs], [v for _, v in pairs]
            return kind, structure[kind], keys, parts
    raise Mismatch


def _leaves(structure: Any, depth: int) -> Iterator[str]:
    if depth < 0:
        raise Mismatch
    kind, name, _, parts = _read(structure)
    if kind == "leaf":
        yield name
    for part in parts:
        yield from _leaves(part, depth - 1)


def _declared(structure: Any, outputs: Mapping[str, Any]) -> Any:
    kind, name, keys, parts = _read(structure)
    if kind == "none":
        return None
    if kind == "leaf":
        return outputs[name]
    values = [_declared(part, outputs) for part in parts]
    if kind == "list":
        return values
    if kind == "tuple":
        return tuple(values)
    if kind == "dict":
        return dict(zip(keys, values))
    return _type(kind, name, tuple(keys))(*values)


@lru_cache(maxsize=256)
def _type(kind: str, name: str, fields: Tuple[str, ...]) -> Any:
    """One type for all answers with the same name and fields."""
    if kind == "namedtuple":
        return collections.namedtuple(name, fields)
    return cast(Any, dataclasses.make_dataclass(name, fields))
