"""`sconce watch`."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Optional

import click
from rich.live import Live
from rich.table import Table

from sconce.cli.connection import Connection, connecting
from sconce.cli.printing import escaped, print_json_line, table
from sconce.client.errors import Unavailable
from sconce.client.management import Management
from sconce.client.states import Changes, VersionState

_PAUSE_SECONDS = 1.0



@click.command("watch")
@click.option("--model", help="Only changes of this model.")
@connecting
def command(
    connection: Connection, as_json: bool, model: Optional[str]
) -> None:
    """Show the states of all versions as they change, until Ctrl-C.

    On a terminal a table; else, and with --json, a line for each change. A
    connection that breaks is made anew, and no change is lost meanwhile.
    """
    try:
        with connection.management() as management:
            updates = _without_end(management)
            if sys.stdout.isatty() and not as_json:
                _show_table(updates, model)
            else:
                _print_lines(updates, model, as_json)
    except KeyboardInterrupt:
        pass  # the usual end


def _without_end(management: Management) -> Iterator[Changes]:
    """Changes also of what happened while there was no connection. Raises
    when there is none to begin with."""
    token, begun = "", False
    while True:
        try:
            for update in management.watch(token):
                token, begun = update.resume_token or token, True
                yield update
        except Unavailable as error:
            if not begun:
                raise
            click.echo(f"{error.message}; trying again", err=True)
        time.sleep(_PAUSE_SECONDS)


def _print_lines(
    updates: Iterator[Changes], model: Optional[str], as_json: bool
) -> None:
    for update in updates:
        for each in update.changes:
            if model not in (None, each.name):
                continue
            if as_json:
                print_json_line({**asdict(each), "snapshot": update.snapshot})
            else:
                click.echo(_line(each))


def _clock(change: VersionState) -> str:
    return time.strftime("%H:%M:%S", time.localtime(change.time))


def _line(change: VersionState) -> str:
    at = _clock(change)
    name = f"{change.name} {change.version}"
    return f"{at}  {name}  {change.state}  {change.reason}".rstrip()


def _show_table(updates: Iterator[Changes], model: Optional[str]) -> None:
    states: dict[tuple[str, int], VersionState] = {}
    whole = True
    with Live(_table(states), auto_refresh=False) as live:
        for update in updates:
            if update.snapshot and whole:
                states.clear()
            # A snapshot in parts: the next one belongs to this.
            whole = bool(update.resume_token)
            for each in update.changes:
                if model in (None, each.name):
                    states[each.name, each.version] = each
            live.update(_table(states), refresh=True)


def _table(states: "dict[tuple[str, int], VersionState]") -> Table:
    made = table("MODEL", "VERSION", "STATE", "SINCE", "REASON")
    for (name, version), each in sorted(states.items()):
        row = (name, str(version), each.state, _clock(each), each.reason)
        made.add_row(*map(escaped, row))
    return made
