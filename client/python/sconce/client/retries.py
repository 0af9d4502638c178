"""When a failed call is sent again, and after how long: pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Optional

from sconce.client.errors import Error


@dataclass(frozen=True)
class Retries:
    """At most `attempts` tries in all, with pauses that double from `first`
    to `longest` seconds, each cut down by chance so that clients that failed
    together do not come back together. `Retries(attempts=1)` is none."""

    attempts: int = 4
    first: float = 0.05
    longest: float = 2.0

    def pause(
        self,
        error: Error,
        failed: int,
        left: Optional[float],
        chance: Callable[[], float],
    ) -> Optional[float]:
        """Seconds to wait before the next try, None for none.

        `failed` tries are over, `left` seconds remain before the deadline
        (None: there is none), `chance` gives numbers in [0, 1). Safe are UNAVAILABLE
        (inference without a sequence changes nothing, so it does not matter
        whether the request ran) and RESOURCE_EXHAUSTED where the server says
        when to come back: it has refused and done nothing.
        """
        if failed >= self.attempts:
            return None
        if error.retry_after is not None:
            if error.code not in ("RESOURCE_EXHAUSTED", "UNAVAILABLE"):
                return None
            pause = error.retry_after
        elif error.code == "UNAVAILABLE":
            longest = min(self.longest, self.first * 2 ** (failed - 1))
            pause = longest * (0.5 + chance() / 2)
        else:
            return None
        return None if left is not None and pause >= left else pause


NO_RETRIES = Retries(attempts=1)
