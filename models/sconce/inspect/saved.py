"""What the pickles of an archive say: devices and traced examples.

They are read by `sconce.check`, which runs nothing that a pickle names.
"""

import io
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from sconce.check.archive import Archive
from sconce.check.errors import DamagedError
from sconce.check.pickle_reader import MAX_BYTES, read_pickle
from sconce.check.pickle_tensors import label, tensor_of
from sconce.check.pickle_values import Global, Made, Reference, Table
from sconce.check.torch_types import STORAGES
from sconce.inspect.errors import InspectError

MOST_LEAVES = 256
DEEPEST = 8


class Saved:
    """The two pickles of one archive.

    Raises InspectError where they are damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            with open(path, "rb") as file:
                archive = Archive(file)
                self._data = pickled(archive, "data.pkl")
                self._traced = pickled(archive, "traced_inputs.pkl")
        except DamagedError as error:
            raise InspectError(f"{path}: {error}; export it again") from error

    def devices(self) -> dict[str, int]:
        """Device to bytes of the tensors that were saved on it."""
        storages: dict[object, tuple[str, int]] = {}
        for reference in references(self._data):
            match reference.pid:
                case (_, Global(name=kind), key, str(device), int(n), *_):
                    _, width = STORAGES.get(kind, (kind, 1))
                    storages[label(key)] = device, n * width
        sizes: dict[str, int] = {}
        for device, size in storages.values():
            sizes[device] = sizes.get(device, 0) + size
        return sizes

    def examples(self) -> dict[str, list[Any]]:
        """Method to the inputs it was traced with; empty for a script."""
        table = plain(self._traced)
        if not isinstance(table, Table):
            return {}
        return {
            name: inputs
            for name, value in table.pairs
            if isinstance(inputs := plain(value), list)
        }


def pickled(archive: Archive, record: str) -> Any:
    """None where there is no such record."""
    if not archive.has(record):
        return None
    return read_pickle(io.BytesIO(archive.read(record, MAX_BYTES)))


def references(value: Any) -> Iterator[Reference]:
    """Every persistent id below `value`; what is shared is entered once."""
    waiting, seen = [value], set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, Reference):
            yield part
        if id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, (list, tuple)):
            waiting += part
        if isinstance(part, Made):
            waiting += [part.arguments, part.state, part.items, part.pairs]
        if isinstance(part, Table):
            waiting.append(part.pairs)


def plain(value: Any) -> Any:
    """Without the type that TorchScript notes around lists and dicts."""
    while True:
        match value:
            case Made(Global(_, name), (inner, *_)) if is_note(name):
                value = inner
            case _:
                return value


def is_note(function: str) -> bool:
    return function == "restore_type_tag" or function.startswith("build_")


def describe_examples(names: list[str], inputs: list[Any]) -> list[str]:
    """`x=FP32[1,3,8,8]` for each tensor, `d.key=…` within structures."""
    found = (
        f"{path}={describe(leaf)}"
        for name, value in zip(names, inputs, strict=False)
        for path, leaf in leaves(name, value)
    )
    return list(islice(found, MOST_LEAVES))


def leaves(path: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """What lies in dicts, lists and tuples, down to a few levels."""
    value = plain(value)
    if isinstance(value, Table):
        children = list(value.pairs)
    elif isinstance(value, list | tuple):
        children = list(enumerate(value))
    else:
        yield path, value
        return
    for key, child in children[:MOST_LEAVES] if depth < DEEPEST else []:
        yield from leaves(f"{path}.{key}", child, depth + 1)


def describe(value: Any) -> str:
    tensor = tensor_of(value)
    if tensor is None:
        return label(value)
    return f"{tensor.dtype}[{','.join(str(size) for size in tensor.shape)}]"
