"""What stops an inspection."""

import click


class InspectError(Exception):
    """The file cannot be inspected; the text is one line for the user."""


class WrongCall(click.ClickException):
    """The call is wrong, not the file: one line and exit code 2."""

    exit_code = 2
