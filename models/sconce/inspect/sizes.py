"""Sums of parameters, buffers and constants by data type."""

from collections.abc import Iterable
from dataclasses import dataclass

from sconce.inspect.inspection import TensorEntry


@dataclass
class SizeRow:
    """One kind and data type; shared tensors are counted once."""

    kind: str
    dtype: str
    tensors: int = 0
    elements: int = 0
    bytes: int = 0
    shared: int = 0

    def add(self, tensor: TensorEntry) -> None:
        if tensor.shares:
            self.shared += 1
            return
        self.tensors += 1
        self.elements += tensor.elements
        self.bytes += tensor.bytes


def size_rows(tensors: Iterable[TensorEntry]) -> list[SizeRow]:
    """One row for each kind and data type, in order of appearance."""
    rows: dict[tuple[str, str], SizeRow] = {}
    for tensor in tensors:
        key = tensor.kind, tensor.dtype
        rows.setdefault(key, SizeRow(*key)).add(tensor)
    return list(rows.values())


def bytes_text(size: int) -> str:
    """`18.0 MiB`; exact below 1 KiB."""
    amount, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"
