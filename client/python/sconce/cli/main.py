"""The entry point of the command `sconce`."""

import click

from sconce.cli.commands import CommandGroup


@click.command(cls=CommandGroup)
@click.version_option(package_name="sconce")
def sconce() -> None:
    """Work with models for the Sconce inference server."""


def main() -> None:
    """Runs `sconce` on this process's arguments and exits: with 0 when all
    is well, 1 when the model is at fault, 2 when the call is."""
    sconce.main(prog_name="sconce")
