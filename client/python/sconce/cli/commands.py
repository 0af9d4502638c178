"""The click group that finds its commands in installed distributions.

A distribution adds a command by an entry point in the group
`sconce.commands`. Its module is imported when the command runs and at no
other time: what one command needs costs the others nothing.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import click

from sconce.cli.short_help import short_help

ENTRY_POINTS = "sconce.commands"
INTERRUPTED = 130  # as shells tell of a program that Ctrl-C ended


class CommandGroup(click.Group):
    """Commands by name, each loaded on its first use."""

    @cached_property
    def found(self) -> Mapping[str, EntryPoint]:
        """The entry points by command name, in alphabetical order."""
        points = sorted(_points(), key=lambda point: point.name)
        return {each.name: each for each in points}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.found)

    def get_command(
        self, ctx: click.Context, cmd_name: str
    ) -> click.Command | None:
        point = self.found.get(cmd_name)
        return load(point) if point else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in self.found and not name.startswith("-"):
            raise click.UsageError(self._unknown(name), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Also imports the command. Without a word for a Ctrl-C, of which
        click would make `Aborted!` and 1."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        rows = [(name, short_help(each)) for name, each in self.found.items()]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def _unknown(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.found, n=1)
        if near:
            return f"no command '{name}'; did you mean '{near[0]}'?"
        known = ", ".join(self.found) or "none; run `make setup`"
        return f"no command '{name}'; there are: {known}"


def _points() -> Iterable[EntryPoint]:
    if sys.version_info >= (3, 10):
        return entry_points(group=ENTRY_POINTS)
    return entry_points().get(ENTRY_POINTS, ())


def load(point: EntryPoint) -> click.Command:
    """The command behind `point`.

    Raises click.ClickException, with one line, when it cannot be imported or
    is no command.
    """
    try:
        command = point.load()
    except Exception as error:  # what a module does at import is its own
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        raise click.ClickException(_broken(point, reason)) from error
    if not isinstance(command, click.Command):
        reason = f"it is a {type(command).__name__}, not a click command"
        raise click.ClickException(_broken(point, reason))
    return command


def _broken(point: EntryPoint, reason: str) -> str:
    found = getattr(point, "dist", None)  # Python 3.9 does not tell
    name = found.name if found else "its distribution"
    return (
        f"command '{point.name}' ({point.value} of {name}) cannot be loaded: "
        f"{reason}; install {name} anew"
    )
