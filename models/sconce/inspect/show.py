"""Runs one inspection for the command line."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from pygments.lexers.python import (  # type: ignore[import-untyped]
    PythonLexer,
)
from rich.console import Console

from sconce.archive import MetadataError
from sconce.export.wording import reason_of
from sconce.inspect.archive_file import ArchiveFile
from sconce.inspect.errors import InspectError, WrongCall
from sconce.inspect.graph_lexer import GraphLexer
from sconce.inspect.printing import print_source
from sconce.inspect.source import method_code, method_graph
from sconce.inspect.view import print_inspection


def show(
    path: Path,
    *,
    code: str | None,
    graph: str | None,
    as_json: bool,
    depth: int,
    trust: bool,
) -> None:
    """Prints what was asked for; all sections when no method is named.

    Raises click.ClickException with one line for a file at fault.
    """
    try:
        archive = ArchiveFile.open(path, trust)
        if code or graph:
            show_source(archive, code, graph)
        elif as_json:
            found = asdict(archive.inspect())
            click.echo(json.dumps(found, indent=2, default=str))
        else:
            console = Console(soft_wrap=True, highlight=False)
            print_inspection(console, archive.inspect(), depth)
    except (InspectError, MetadataError) as error:
        raise click.ClickException(str(error)) from error
    except (RuntimeError, IndexError, UnicodeDecodeError) as error:
        # LibTorch reads parts of it only when they are asked for.
        raise click.ClickException(
            f"{path}: the archive is damaged: {reason_of(error)}; export the "
            "model again"
        ) from error
    except OSError as error:
        raise WrongCall(f"{path}: cannot be read: {error}") from error


def show_source(
    archive: ArchiveFile, code: str | None, graph: str | None
) -> None:
    """The code first where both are asked for."""
    if code:
        text = method_code(archive.model, code)
        print_source(Console(), text, PythonLexer())
    if graph:
        text = method_graph(archive.model, graph)
        print_source(Console(), text, GraphLexer())
