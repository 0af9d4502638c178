"""What `export` raises; the command turns both into text and an exit code."""

from collections.abc import Iterable
from typing import ClassVar


class _Stop(Exception):
    """One line that names the fault, and findings that explain it."""

    exit_code: ClassVar[int]

    def __init__(self, message: str, details: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.details = tuple(details)

    def __str__(self) -> str:
        return "\n".join([self.message, *self.details])


class ExportError(_Stop):
    """The model cannot be exported, or its archive answers differently."""

    exit_code = 1


class UsageError(_Stop):
    """The call itself is wrong: arity, names, paths, options."""

    exit_code = 2
