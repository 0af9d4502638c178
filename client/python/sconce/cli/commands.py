"""The click group that finds its commands in installed distributions.

A distribution adds a command by an entry point in the group
`sconce.commands`. Its module is imported when the command runs and at no
other time: what one command needs costs the others nothing.
"""

import difflib
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

import click

from sconce.cli.short_help import short_help

ENTRY_POINTS = "sconce.commands"


class CommandGroup(click.Group):
    """Commands by name, each loaded on its first use."""

    @cached_property
    def found(self) -> Mapping[str, EntryPoint]:
        """The entry points by command name, in alphabetical order."""
        points = entry_points(group=ENTRY_POINTS)
        return {each.name: each for each in sorted(points)}

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
    name = point.dist.name if point.dist else "an unnamed distribution"
    return (
        f"command '{point.name}' ({point.value} of {name}) cannot be loaded: "
        f"{reason}; install {name} anew"
    )
