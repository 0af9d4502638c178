"""Shows how much of a large file was read."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sconce.check.archive import OnRead

SHOWN_FROM = 256 << 20  # bytes; fewer are read in well under a second


@contextmanager
def reading(path: str) -> Iterator[OnRead]:
    """A progress bar on the terminal, where there is one, for a large file;
    it is gone afterwards."""
    if not sys.stderr.isatty():
        yield lambda done, of: None
        return
    # rich takes longer to import than most files take to check.
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(f"reading {escape(path)}", visible=False)

        def on_read(done: int, of: int) -> None:
            if of >= SHOWN_FROM:
                shown.update(task, completed=done, total=of, visible=True)

        yield on_read
