"""Arguments of a call as the named tensors of a request.

server/doc/values.md has the rules: an argument `x` that is a tensor or a
number is the input `x`; the parts of a list, tuple or dict are `x.0`, `x.key`.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from sconce.client.errors import InvalidInput
from sconce.client.metadata import ModelMetadata, TensorInfo
from sconce.client.tensors import WireTensor, is_array, wire_tensor


# Arguments by position and by name.
Values = Tuple[Sequence[Any], Mapping[str, Any]]


def bind(
    metadata: ModelMetadata,
    positional: Sequence[object],
    named: Mapping[str, object],
) -> List[WireTensor]:
    """The tensors to send. None leaves an argument out.

    Raises InvalidInput for a value that is no tensor, and for arguments that
    are too many, unknown or given twice. What is missing the server says.
    """
    values = _by_name(metadata, positional, named)
    known = {info.name: info for info in metadata.inputs}
    return [
        wire_tensor(name, part, _info(known, name))
        for argument, value in values.items()
        for name, part in _parts(argument, value, known)
    ]


def argument_names(metadata: ModelMetadata) -> List[str]:
    """Of the method, in its order; `signal` for `signal.left`."""
    whole = dict.fromkeys(
        info.name.split(".")[0] for info in metadata.inputs
    )
    return list(whole)


def _by_name(
    metadata: ModelMetadata,
    positional: Sequence[object],
    named: Mapping[str, object],
) -> Dict[str, object]:
    names = argument_names(metadata)
    if len(positional) > len(names):
        raise InvalidInput(
            f"{metadata.name} takes {len(names)} arguments "
            f"({_listed(metadata)}), {len(positional)} were given"
        )
    values = dict(zip(names, positional))
    for name, value in named.items():
        if name in values:
            raise InvalidInput(f'argument "{name}" is given twice')
        if name.split(".")[0] not in names:
            raise InvalidInput(
                f'{metadata.name} has no argument "{name}"; it takes '
                f"{_listed(metadata)}"
            )
        values[name] = value
    return values


def _listed(metadata: ModelMetadata) -> str:
    return ", ".join(map(str, metadata.inputs)) or "none"


def _info(known: Mapping[str, TensorInfo], name: str) -> TensorInfo:
    """Of an input, where a pattern may stand for it."""
    root = name.rpartition(".")[0]
    for candidate in (name, f"{root}.<index>", f"{root}.<key>"):
        if candidate in known:
            return known[candidate]
    return TensorInfo(name)


def _parts(
    name: str, value: object, known: Mapping[str, TensorInfo]
) -> Iterator[Tuple[str, object]]:
    if value is None:
        return
    inside = None if name in known or is_array(value) else _inside(value)
    if inside is None:
        yield name, value
        return
    for key, part in inside:
        yield from _parts(f"{name}.{key}", part, known)


def _inside(value: Any) -> "List[Tuple[object, object]] | None":
    """What a container holds by key; None for anything else."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return list(zip(value._fields, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return [(each.name, getattr(value, each.name)) for each in fields]
    if isinstance(value, (list, tuple)):
        return list(enumerate(value))
    return None
