"""A comparison as a table for people."""

from __future__ import annotations

from typing import Tuple

import click

from sconce.cli.loadtest.comparison import Comparison, Figure
from sconce.cli.loadtest.figures import significant
from sconce.cli.printing import escaped, print_table, table

_STYLES = {"better": "green", "worse": "red"}


def print_comparison(comparison: Comparison) -> None:
    click.echo(f"a: {comparison.a}\nb: {comparison.b}\n")
    made = table("FIGURE", "A", "B", "B / A", "95 % CONFIDENCE", "B IS")
    for figure in comparison.figures:
        cells = [escaped(each) for each in cells_of(figure)]
        style = _STYLES.get(figure.verdict)
        if style:
            cells[-1] = f"[{style}]{cells[-1]}[/]"
        made.add_row(*cells)
    print_table(made)
    for note in comparison.notes:
        click.echo(f"\nNote: {note}")


def cells_of(figure: Figure) -> Tuple[str, ...]:
    """The columns of print_comparison."""
    name = f"{figure.name}, {figure.unit}".replace(", /", " /")
    found = figure.found
    if found is None:
        return name, "–", "–", "–", "–", figure.verdict
    interval = "–"
    if found.low is not None and found.high is not None:
        interval = f"{found.low:.3f} to {found.high:.3f}"
    return (name, significant(found.a), significant(found.b),
            f"{found.ratio:.3f}", interval, figure.verdict)
