"""What the commands print: tables for people, JSON for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

_STYLES = {
    "READY": "green",
    "LOADING": "yellow",
    "UNLOADING": "yellow",
    "UNAVAILABLE": "red",
}


def print_json(value: Any) -> None:
    """Indented; numbers that JSON does not have are strings."""
    click.echo(json.dumps(jsonable(value), indent=1, ensure_ascii=False))


def print_json_line(value: Any) -> None:
    """One line, at once."""
    click.echo(json.dumps(jsonable(value), ensure_ascii=False))


def jsonable(value: Any) -> Any:
    """Arrays as nested lists, bytes as text, NaN as "nan"."""
    if isinstance(value, np.ndarray):
        return jsonable(value.tolist())
    if isinstance(value, dict):
        return {str(key): jsonable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return value


def table(*columns: str) -> Table:
    made = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        # Reasons are long; names are what one looks for.
        made.add_column(column, overflow="fold", no_wrap=column == "MODEL")
    return made


def print_table(made: Table) -> None:
    Console(highlight=False).print(made)


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    made = table(*columns)
    for row in rows:
        made.add_row(*map(escaped, row))
    print_table(made)


def escaped(text: str) -> str:
    """`text` as it is: rich reads [brackets] as styles. States have colours."""
    from rich.markup import escape

    style = _STYLES.get(text)
    return f"[{style}]{text}[/]" if style else escape(text)
