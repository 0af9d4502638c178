"""What the archive says about devices and traced examples."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sconce.inspect.pickled import PickledTensor, read_pickle
from sconce.inspect.records import Records

# Storage class to the name of the Open Inference Protocol and bytes.
STORAGES = {
    "BoolStorage": ("BOOL", 1),
    "ByteStorage": ("UINT8", 1),
    "CharStorage": ("INT8", 1),
    "ShortStorage": ("INT16", 2),
    "IntStorage": ("INT32", 4),
    "LongStorage": ("INT64", 8),
    "HalfStorage": ("FP16", 2),
    "BFloat16Storage": ("BF16", 2),
    "FloatStorage": ("FP32", 4),
    "DoubleStorage": ("FP64", 8),
}
MOST_LEAVES = 256


def saved_devices(records: Records) -> dict[str, int]:
    """Device to bytes of the parameters and buffers that were saved on it."""
    sizes: dict[str, int] = {}
    for storage in read_pickle(records, "data.pkl")[1]:
        _, width = STORAGES.get(storage.dtype, (storage.dtype, 1))
        size = storage.elements * width
        sizes[storage.device] = sizes.get(storage.device, 0) + size
    return sizes


def traced_examples(records: Records) -> dict[str, list[Any]]:
    """Method to the example inputs it was traced with; empty for a script."""
    value, _ = read_pickle(records, "traced_inputs.pkl")
    if not isinstance(value, dict):
        return {}
    return {
        name: inputs
        for name, inputs in value.items()
        if isinstance(name, str) and isinstance(inputs, list)
    }


def describe_examples(names: list[str], inputs: list[Any]) -> list[str]:
    """`x=FP32[1,3,8,8]` for each tensor, `d.key=…` within structures."""
    found = (
        f"{path}={describe(leaf)}"
        for name, value in zip(names, inputs, strict=False)
        for path, leaf in leaves(name, value)
    )
    return list(islice(found, MOST_LEAVES))


def leaves(path: str, value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """What lies in dicts, lists and tuples, at most 8 levels deep."""
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list | tuple):
        children = list(enumerate(value))
    else:
        yield path, value
        return
    for key, child in children[:MOST_LEAVES] if depth < 8 else []:
        yield from leaves(f"{path}.{key}", child, depth + 1)


def describe(value: Any) -> str:
    if not isinstance(value, PickledTensor):
        return repr(value) if isinstance(value, int | float | str) else "?"
    dtype, _ = STORAGES.get(value.storage.dtype, (value.storage.dtype, 1))
    return f"{dtype}[{','.join(str(size) for size in value.shape)}]"
