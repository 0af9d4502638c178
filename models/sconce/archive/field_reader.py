"""Reads values out of a JSON document and says where one is wrong.

A `Field` is a value together with its path in the document, so that every
error names the place: `methods.forward.inputs[0].dtype: expected …`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, TypeVar

from sconce.archive.errors import MetadataError

T = TypeVar("T")


@dataclass(frozen=True)
class Field:
    """A JSON value and where it stands. Every method raises MetadataError
    where the value is not what its name asks for."""

    value: Any
    path: str

    def has(self, key: str) -> bool:
        return key in self.table()

    def at(self, key: str, default: Any = ...) -> "Field":
        """A member of an object; it must be there unless there is a
        default."""
        table = self.table()
        path = f"{self.path}.{key}" if self.path else key
        if key not in table and default is ...:
            raise MetadataError(f"{path}: missing")
        return Field(table.get(key, default), path)

    def table(self) -> dict[str, Any]:
        return self._typed("an object", dict)

    def members(self) -> dict[str, "Field"]:
        return {key: self.at(key) for key in self.table()}

    def items(self) -> list["Field"]:
        array = self._typed("an array", list)
        return [
            Field(item, f"{self.path}[{index}]")
            for index, item in enumerate(array)
        ]

    def text(self) -> str:
        return self._typed("a string", str)

    def texts(self) -> tuple[str, ...]:
        return tuple(item.text() for item in self.items())

    def text_or_null(self) -> str | None:
        return None if self.value is None else self.text()

    def flag(self) -> bool:
        return self._typed("true or false", bool)

    def integer(self) -> int:
        """An integer of 64 bits; true and false are none."""
        if type(self.value) is not int or abs(self.value) >= 2**63:
            raise self.fault("an integer")
        return self.value

    def number(self) -> float:
        if isinstance(self.value, bool):
            raise self.fault("a number")
        if isinstance(self.value, int):
            return float(self.integer())
        return self._typed("a number", float)

    def one_of(self, allowed: Collection[str]) -> str:
        if self.value not in allowed:
            raise self.fault(f"one of {', '.join(allowed)}")
        return self.text()

    def fault(self, expected: str) -> MetadataError:
        found = repr(self.value)
        if len(found) > 60:
            found = f"{found[:57]}..."
        text = f"{self.path}: expected {expected}, found {found}"
        return MetadataError(text)

    def _typed(self, expected: str, kind: type[T]) -> T:
        if not isinstance(self.value, kind):
            raise self.fault(expected)
        return self.value
