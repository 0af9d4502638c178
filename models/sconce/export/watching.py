"""A bar on the terminal for what takes longer than a second."""

import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

PATIENCE = 1.0  # seconds before anything is shown


class Watch:
    """A progress bar on stderr that leaves nothing behind.

    Nothing is shown where stderr is no terminal.
    """

    def __init__(
        self, console: Console, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self._started = clock()
        self._steps = 0
        self._shown = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._shown.add_task("", total=None)

    def __enter__(self) -> "Watch":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shown.stop()

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        """Called before and after each part of the work; the bar only moves
        to and fro where the number of parts is not known."""
        self._steps += 1
        late = self._clock() - self._started > PATIENCE
        text = f"{what} (step {self._steps})"
        self._shown.update(
            self._task, description=text, completed=done, total=total or None
        )
        if late and not self._shown.live.is_started:
            self._shown.start()
        if late:
            self._shown.refresh()
