"""A progress line appears on a terminal when the work takes a second."""

import io

from rich.console import Console

from sconce.export import watching
from sconce.export.watching import Watch


def shown(*, terminal: bool, seconds: float) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=60)
    clock = iter([0.0, seconds, seconds, seconds])
    with Watch(console, clock=lambda: next(clock)) as watch:
        watch.step("tracing")
        watch.step("proving", 2, 4)
    return text.getvalue()


def test_quick_work_shows_nothing() -> None:
    assert shown(terminal=True, seconds=watching.PATIENCE / 2) == ""


def test_slow_work_says_what_it_does() -> None:
    text = shown(terminal=True, seconds=watching.PATIENCE * 2)
    assert "proving (step 2)" in text
    bar = text.rpartition("proving (step 2)")[2]
    assert "━" * 10 in bar and "╺" in bar  # the half of it is filled


def test_nothing_is_shown_without_a_terminal() -> None:
    assert shown(terminal=False, seconds=watching.PATIENCE * 2) == ""
