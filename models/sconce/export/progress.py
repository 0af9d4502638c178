"""What an export tells about its way to whoever is watching."""

from typing import Protocol


class Progress(Protocol):
    """Called after each step; how many there will be is not known."""

    def step(self, what: str) -> None: ...


class Silent:
    """For callers that only want the result."""

    def step(self, what: str) -> None:
        del what
