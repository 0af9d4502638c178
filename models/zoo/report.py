"""What a person sees while the zoo is built, and at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from sconce.archive import ModelMetadata, read_metadata

from models.zoo.build import Outcome


class Bar:
    """A line on the terminal: the model, its step and how many are done.

    A context manager; shows nothing where the output is no terminal.
    """

    def __init__(self, total: int, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<25}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[step]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task(
            "", total=total, completed=-1, step=""
        )

    def begin(self, name: str) -> None:
        self._progress.update(
            self._task, advance=1, description=name, step=""
        )

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        del done, total  # the bar counts models
        self._progress.update(self._task, step=what)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def table(outcomes: Sequence[Outcome], out: Path, seconds: float) -> Table:
    made = Table(title=_title(outcomes, out, seconds), title_justify="left")
    made.add_column("model", no_wrap=True)
    made.add_column("how")
    made.add_column("batch")
    made.add_column("examples", justify="right")
    made.add_column("KB", justify="right")
    made.add_column("CPU s", justify="right")
    for outcome in outcomes:
        made.add_row(*_row(outcome, out))
    return made


def _title(outcomes: Sequence[Outcome], out: Path, seconds: float) -> str:
    written = sum(bool(o.record) and not o.was_current for o in outcomes)
    current = sum(o.was_current for o in outcomes)
    return (
        f"{out}: {written} models written, {current} were up to date, "
        f"{seconds:.1f} s"
    )


def _row(outcome: Outcome, out: Path) -> list[str]:
    record = outcome.record
    if record is None:
        return [outcome.name, "[red]not exported[/red]"]
    return [
        outcome.name,
        *_described(read_metadata(out / record.archive)),
        f"{record.bytes / 1000:,.0f}",
        "" if outcome.was_current else f"{record.cpu_seconds:.1f}",
    ]


def _described(metadata: ModelMetadata | None) -> list[str]:
    if metadata is None:
        return ["as it was", "", ""]
    batches = {method.batch or "-" for method in metadata.methods.values()}
    return [
        metadata.how,
        ", ".join(sorted(batches)),
        str(len(metadata.examples)),
    ]
