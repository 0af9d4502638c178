"""Compares what a pickle says of its tensors with the records that hold
them. LibTorch does not: a record that is too short becomes random weights."""

from collections.abc import Iterable, Iterator

from sconce.check.archive import Archive
from sconce.check.finding import TensorInfo

# Where the record of a storage lies, for torch.save and torch.package.
PLACES = ("data/{}", ".data/{}.storage", ".data/{}")


def storage_faults(
    archive: Archive, tensors: Iterable[TensorInfo]
) -> Iterator[str]:
    """A line for each tensor whose bytes are missing."""
    for tensor in tensors:
        if tensor.storage is None:
            continue
        size = record_size(archive, tensor.storage)
        needed = tensor.storage_bytes
        if size is None:
            yield f"tensor '{tensor.name}' has no record"
        elif size < needed:
            yield (
                f"tensor '{tensor.name}' needs {needed} bytes, its record "
                f"has {size}"
            )


def record_size(archive: Archive, storage: str) -> int | None:
    sizes = (archive.size(place.format(storage)) for place in PLACES)
    return next((size for size in sizes if size is not None), None)


def first_few(faults: Iterable[str], count: int = 3) -> list[str]:
    """The first faults, and how many there are beside them."""
    found = list(faults)
    more = len(found) - count
    return found[:count] + ([f"{more} more like these"] if more > 0 else [])
