"""The wire format of protocol buffers, read in place.

Parsing a message into objects takes many times its size in memory, so that a
file can be made to take all of it; here fields are skipped, not kept.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass

from sconce.check.errors import DamagedError

VARINT, FIXED_64, BYTES, FIXED_32 = 0, 1, 2, 5
MAX_FIELDS = 1_000_000


class TooManyFieldsError(DamagedError):
    """What was read until then is no less right."""


@dataclass(frozen=True, slots=True)
class WireField:
    """A field: its number, and a value for VARINT, else where its bytes
    are."""

    number: int
    kind: int
    value: int
    start: int
    end: int


class Message:
    """Part of a mapped file that is read as one message. The readers of one
    file share `budget`, which bounds the fields read in all."""

    def __init__(
        self, data: mmap.mmap, start: int, end: int, budget: list[int]
    ) -> None:
        self._data, self._start, self._end = data, start, end
        self._budget = budget

    def fields(self) -> Iterator[WireField]:
        """Raises DamagedError for what is no message."""
        position = self._start
        while position < self._end:
            self._budget[0] -= 1
            if self._budget[0] < 0:
                raise TooManyFieldsError(f"more than {MAX_FIELDS} fields")
            field = self._field(position)
            position = field.end
            yield field

    def message(self, field: WireField) -> "Message":
        """The message that a field holds."""
        return Message(self._data, field.start, field.end, self._budget)

    def text(self, field: WireField, limit: int = 200) -> str:
        """A string, of a long one its beginning."""
        end = min(field.end, field.start + limit)
        return self._data[field.start : end].decode("utf-8", "replace")

    def numbers(self, field: WireField, limit: int = 64) -> list[int]:
        """A repeated integer, packed or not."""
        if field.kind == VARINT:
            return [field.value]
        found: list[int] = []
        position = field.start
        while position < field.end and len(found) < limit:
            value, position = self._varint(position, field.end)
            found.append(value)
        return found

    def _field(self, position: int) -> WireField:
        key, at = self._varint(position, self._end)
        number, kind = key >> 3, key & 7
        value, start = 0, at
        if kind == VARINT:
            value, end = self._varint(at, self._end)
        elif kind == BYTES:
            length, start = self._varint(at, self._end)
            end = start + length
        elif kind in (FIXED_32, FIXED_64):
            end = at + (4 if kind == FIXED_32 else 8)
        else:
            raise DamagedError(f"a field of the kind {kind}")
        if number == 0 or end > self._end:
            raise DamagedError("a field reaches beyond its message")
        return WireField(number, kind, value, start, end)

    def _varint(self, position: int, end: int) -> tuple[int, int]:
        value = 0
        for shift in range(0, 70, 7):
            if position >= end:
                raise DamagedError("a number is cut short")
            byte = self._data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, position
        raise DamagedError("a number is longer than ten bytes")
