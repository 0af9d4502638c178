"""Flat lists of named values back to what they were taken from."""

import collections
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from sconce.archive.errors import MetadataError
from sconce.archive.flattening import MAX_DEPTH
from sconce.archive.specs import Structure


def rebuild(structure: Structure, leaves: Mapping[str, Any]) -> Any:
    """The value that `flatten` took apart, with `leaves` by name.

    NamedTuples and dataclasses come back as types made anew with the same
    name and fields. Raises MetadataError for a malformed structure and for a
    leaf that is missing.
    """
    return _put_together(structure, leaves, MAX_DEPTH)


def leaf_names(structure: object, depth: int = MAX_DEPTH) -> Iterator[str]:
    """The names of a structure's leaves. Raises MetadataError where it is
    malformed."""
    kind, keys, parts = _read(structure, depth)
    if kind == "leaf":
        yield keys[0]
    for part in parts:
        yield from leaf_names(part, depth - 1)


def _put_together(
    structure: object, leaves: Mapping[str, Any], depth: int
) -> Any:
    kind, keys, parts = _read(structure, depth)
    if kind == "none":
        return None
    if kind == "leaf":
        if keys[0] not in leaves:
            raise MetadataError(f"no value for '{keys[0]}'")
        return leaves[keys[0]]
    values = [_put_together(part, leaves, depth - 1) for part in parts]
    if kind in ("tuple", "list"):
        return values if kind == "list" else tuple(values)
    if kind == "dict":
        return dict(zip(keys, values, strict=True))
    assert isinstance(structure, Mapping)
    return _made_type(kind, structure[kind], keys)(*values)


def _made_type(kind: str, name: str, fields: list[str]) -> Any:
    try:
        if kind == "namedtuple":
            return collections.namedtuple(name, fields)
        return dataclasses.make_dataclass(name, fields)
    except (TypeError, ValueError) as error:
        raise MetadataError(
            f"structure: no {kind} '{name}' with the fields "
            f"{', '.join(map(str, fields))} can be made: {error}"
        ) from None


def _read(structure: object, depth: int) -> tuple[str, list[Any], list[Any]]:
    """Kind, keys (the name, of a leaf) and parts of one level."""
    if depth < 0:
        raise MetadataError(f"a structure nests deeper than {MAX_DEPTH}")
    match structure:
        case {"none": True}:
            return "none", [], []
        case {"leaf": str(name)}:
            return "leaf", [name], []
        case {"tuple": list(parts)}:
            return "tuple", [], parts
        case {"list": list(parts)}:
            return "list", [], parts
        case {"dict": list(pairs)}:
            return "dict", *_pairs(pairs, (str, int, float))
        case {"namedtuple": str(), "fields": list(pairs)}:
            return "namedtuple", *_pairs(pairs, (str,))
        case {"dataclass": str(), "fields": list(pairs)}:
            return "dataclass", *_pairs(pairs, (str,))
    raise MetadataError(
        "a structure is a leaf, tuple, list, dict, namedtuple, dataclass or "
        f"none, found {str(structure)[:60]}"
    )


def _pairs(
    pairs: list[Any], keys: tuple[type, ...]
) -> tuple[list[Any], list[Any]]:
    for pair in pairs:
        if (
            not isinstance(pair, list)
            or len(pair) != 2
            or not isinstance(pair[0], keys)
        ):
            raise MetadataError(
                f"a structure lists pairs of a key and a structure, found "
                f"{str(pair)[:60]}"
            )
    return [key for key, _ in pairs], [part for _, part in pairs]
