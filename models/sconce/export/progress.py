"""What an export tells about its way to whoever is watching."""

from typing import Protocol


class Progress(Protocol):
    """Called after each step; how many there will be is not known, but
    `done` of `total` are in the steps of one kind."""

    def step(self, what: str, done: int = 0, total: int = 0) -> None: ...


class Silent:
    """For callers that only want the result."""

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        del what, done, total
