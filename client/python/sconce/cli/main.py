"""The entry point of the command `sconce`."""

from __future__ import annotations

import click

from sconce.cli.commands import CommandGroup


@click.command(cls=CommandGroup)
@click.version_option(package_name="sconce")
def sconce() -> None:
    """Work with the Sconce inference server and with models for it.

    Exit codes: 0 done; 1 refused, or a fault of the model or file; 2 a wrong
    call; 3 the server cannot be reached; 4 it did not answer in time; 5 a
    load test is void.
    """


def main() -> None:
    """Runs `sconce` on this process's arguments and exits; faults.py has the
    codes."""
    sconce.main(prog_name="sconce")
