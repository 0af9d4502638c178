"""`sconce check`."""

import json
from typing import NoReturn

import click

from sconce.check.finding import Finding
from sconce.check.identify import check_file
from sconce.check.reading import reading
from sconce.check.text import to_json, to_lines


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@click.option("--all", "show_all", is_flag=True, help="List every tensor.")
def command(files: tuple[str, ...], as_json: bool, show_all: bool) -> None:
    """Tell what files are, by content, and whether Sconce can serve them.

    The suffix of a file says nothing. Nothing in a file is run. The exit
    code is 0 when all can be served, 1 when one cannot, 2 for a file that
    cannot be read.
    """
    findings = [(path, _check(path)) for path in files]
    if as_json:
        rows = [to_json(path, found) for path, found in findings]
        click.echo(json.dumps(rows, indent=1))
    else:
        for path, found in findings:
            click.echo("\n".join(to_lines(path, found, show_all)))
    if not all(found.servable for _, found in findings):
        raise SystemExit(1)


def _check(path: str) -> Finding:
    try:
        with reading(path) as on_read:
            return check_file(path, on_read)
    except OSError as error:
        _refuse(path, error)


def _refuse(path: str, error: OSError) -> NoReturn:
    raise click.UsageError(f"{path}: cannot be read: {error.strerror}")
