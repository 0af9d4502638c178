"""`sconce upload`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Callable, Optional

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TransferSpeedColumn,
)

from sconce.cli.connection import Connection, connecting, model_argument
from sconce.cli.printing import print_json

Told = Callable[[int, int], None]


@click.command("upload")
@model_argument
@click.argument("file", type=click.Path(dir_okay=False))
@click.option(
    "--version",
    type=click.IntRange(min=1),
    help="The number it gets; one above the highest unless given.",
)
@connecting
def command(
    connection: Connection,
    as_json: bool,
    model: str,
    file: str,
    version: Optional[int],
) -> None:
    """Store a model FILE on the server as a version of a MODEL and load it.

    An upload that breaks goes on where it broke, also when it is begun anew
    within the hour.
    """
    with connection.management() as management, _bar(file) as told:
        number = management.upload(
            model, file, version=version or 0, progress=told
        )
    if as_json:
        print_json({"model": model, "version": number})
    else:
        click.echo(f"{model}, version {number}, is loaded")


@contextmanager
def _bar(file: str) -> Iterator[Optional[Told]]:
    """A progress bar on standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(file, total=None)

        def told(sent: int, total: int) -> None:
            text = "loading" if sent == total else file
            progress.update(
                task, completed=sent, total=total, description=text
            )

        yield told
