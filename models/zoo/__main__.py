"""Command line: `python -m models.zoo --out DIR [NAMES...]`."""

import time
from pathlib import Path

import click
import torch
from rich.console import Console

from models.zoo import ZOO
from models.zoo.build import Outcome, build
from models.zoo.report import Bar, table


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(list(ZOO)))
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="The repository's folder.",
)
@click.pass_context
def main(context: click.Context, names: tuple[str, ...], out: Path) -> None:
    """Write the models NAMES, all without any, as a model repository.

    Each one is exported and proved equal to eager PyTorch. What is there
    already and made from the same sources is left alone.
    """
    # More threads gain little on models this small, and where others use the
    # machine too they wait for each other: three times the CPU time.
    torch.set_num_threads(1)
    console = Console()
    started = time.monotonic()
    try:
        wanted = list(names or ZOO)
        with Bar(len(wanted), console) as bar:
            outcomes = build(wanted, out, bar)
    except OSError as error:
        raise click.ClickException(f"cannot write to {out}: {error}") from None
    console.print(table(outcomes, out, time.monotonic() - started))
    context.exit(_complain(outcomes))


def _complain(outcomes: list[Outcome]) -> int:
    """Names what was not exported on standard error; the exit code."""
    failed = [outcome for outcome in outcomes if outcome.error]
    for outcome in failed:
        text = f"cannot export '{outcome.name}': {outcome.error}"
        click.echo(text, err=True)
    return int(bool(failed))


if __name__ == "__main__":
    main(prog_name="python -m models.zoo")
