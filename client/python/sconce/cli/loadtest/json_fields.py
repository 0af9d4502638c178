"""JSON objects whose members are asked for by name and type."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple


_MOST = 1e12  # beyond lie neither times, nor sizes, nor rates
_LEAST = 1e-9


class Malformed(ValueError):
    """A member that is missing or of another type; the text names it."""


class Fields:
    """An object of a JSON document; `path` says where it stands in it.

    Every method raises Malformed when the member is missing or is not what
    the method's name says. `optional_` and `maybe_` take null for None.
    """

    def __init__(self, value: Any, path: str = "") -> None:
        self._path = path
        if not isinstance(value, dict):
            raise Malformed(f"{path or 'it'} is no JSON object")
        self._members = value

    def number(self, name: str) -> float:
        """What is nearer to 0 than a billionth is 0."""
        found = self._member(name)
        # To Python a bool is an int.
        good = isinstance(found, (int, float)) and not isinstance(found, bool)
        if not good:
            raise self._wrong(name, "a number", found)
        if not abs(found) <= _MOST:
            raise self._wrong(name, f"within {_MOST:g}", found)
        return float(found) if abs(found) >= _LEAST else 0.0

    def amount(self, name: str) -> float:
        """A number that is not negative."""
        found = self.number(name)
        if found < 0:
            raise self._wrong(name, "a number of at least 0", found)
        return found

    def positive(self, name: str) -> float:
        """So far above 0 that one can divide by it."""
        found = self.number(name)
        if found <= 0:
            raise self._wrong(name, "a number above 0", found)
        return found

    def count(self, name: str) -> int:
        """A whole number that is not negative and has 64 bits."""
        found = self._member(name)
        if isinstance(found, float) and found.is_integer():
            found = int(found)
        if not isinstance(found, int) or isinstance(found, bool) or not (
                0 <= found < 2**64):
            raise self._wrong(name, "a count", found)
        return found

    def text(self, name: str) -> str:
        found = self._member(name)
        if not _is_text(found):
            raise self._wrong(name, "a text", found)
        return str(found)

    def flag(self, name: str) -> bool:
        found = self._member(name)
        if not isinstance(found, bool):
            raise self._wrong(name, "true or false", found)
        return found

    def fields(self, name: str) -> Fields:
        return Fields(self._member(name), self._at(name))

    def each(self, name: str) -> List[Fields]:
        return [
            Fields(each, f"{self._at(name)}[{index}]")
            for index, each in enumerate(self.items(name))
        ]

    def items(self, name: str) -> List[Any]:
        found = self._member(name)
        if not isinstance(found, list):
            raise self._wrong(name, "a list", found)
        return found

    def texts(self, name: str) -> Tuple[str, ...]:
        found = self.items(name)
        for each in found:
            if not _is_text(each):
                raise self._wrong(name, "a list of texts", found)
        return tuple(found)

    def names(self) -> Tuple[str, ...]:
        for name in self._members:
            if not _is_text(name):
                raise Malformed(f"{self._path} has the member {name!r}, "
                                "which is no text")
        return tuple(self._members)

    def optional_amount(self, name: str) -> Optional[float]:
        return None if self._member(name) is None else self.amount(name)

    def optional_positive(self, name: str) -> Optional[float]:
        return None if self._member(name) is None else self.positive(name)

    def optional_count(self, name: str) -> Optional[int]:
        return None if self._member(name) is None else self.count(name)

    def optional_flag(self, name: str) -> Optional[bool]:
        return None if self._member(name) is None else self.flag(name)

    def maybe_fields(self, name: str) -> Optional[Fields]:
        return None if self._member(name) is None else self.fields(name)

    def has(self, name: str) -> bool:
        """Whether there is such a member that is not null."""
        return self._members.get(name) is not None

    def _member(self, name: str) -> Any:
        if name not in self._members:
            raise Malformed(f"{self._at(name)} is missing")
        return self._members[name]

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _wrong(self, name: str, expected: str, found: Any) -> Malformed:
        try:
            shown = ascii(found)
        except ValueError:  # an int of thousands of digits
            shown = "a huge number"
        if len(shown) > 30:
            shown = f"{shown[:30]}…"
        return Malformed(f"{self._at(name)} is {shown}, not {expected}")


def _is_text(found: Any) -> bool:
    """JSON can escape halves of characters, which no file can hold."""
    return isinstance(found, str) and not any(
        "\ud800" <= each <= "\udfff" for each in found)
