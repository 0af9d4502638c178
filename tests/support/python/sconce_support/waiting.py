"""The one place that polls: what cannot announce itself is asked again."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# Short beside anything a test waits for, long beside one question.
_PAUSE_SECONDS = 0.005


def eventually(
    probe: Callable[[], T | None],
    what: str,
    seconds: float = 20.0,
    pause: float = _PAUSE_SECONDS,
) -> T:
    """The first answer of `probe` that is true; TimeoutError without one.

    `what` ends the sentence "waited in vain for ...". `pause` is for questions
    that cost more than a look.
    """
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited in vain for {what} ({seconds} s)")
        time.sleep(pause)
    return answer
