"""What the command does, once torch may be imported."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from sconce.export.api import export
from sconce.export.errors import ExportError, UsageError
from sconce.export.factory import load_entry
from sconce.export.inputs_text import read_inputs
from sconce.export.option_text import (
    read_batch,
    read_dynamic,
    read_labels,
    read_names,
    read_tolerances,
)
from sconce.export.printing import json_of, print_report
from sconce.export.progress import Progress
from sconce.export.report import ExportReport
from sconce.export.watching import Watch
from sconce.export.wording import reason_of


def run(
    *,
    entry: str,
    output: Path,
    verbose: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Exports and prints; the exit code: 0, 1 (model) or 2 (call)."""
    try:
        with Watch(Console(stderr=True)) as watch:
            report = _export(entry, output, watch, **options)
    except (ExportError, UsageError) as error:
        click.echo(f"Error: {error.message}", err=True)
        for line in error.details:
            click.echo(f"  {line}", err=True)
        return error.exit_code
    except Exception as error:
        if verbose:
            raise
        click.echo(
            f"Error: the exporter itself failed, please report it: "
            f"{type(error).__name__}: {reason_of(error)} (--verbose shows "
            "where)",
            err=True,
        )
        return ExportError.exit_code
    if as_json:
        click.echo(json_of(report))
    else:
        _print(report, verbose)
    return 0


def _print(report: ExportReport, verbose: bool) -> None:
    print_report(report, Console(highlight=False), verbose=verbose)
    for written in report.onnx:
        for line in written.lines():
            click.echo(line)


def _export(
    entry: str,
    output: Path,
    progress: Progress,
    *,
    allow_mismatch: bool,
    also: Sequence[str],
    opset: int | None,
    inputs: str | None,
    methods: Sequence[tuple[str, str]],
    how: str,
    dynamic: Sequence[str],
    batch: str,
    labels: Path | None,
    description: str,
    input_names: str | None,
    output_names: str | None,
    tolerances: Sequence[str],
) -> ExportReport:
    progress.step(f"loading {entry}")
    given = read_inputs(inputs) if inputs else None
    further = {name: read_inputs(text) for name, text in methods}
    model, own = load_entry(entry)
    if given is None and own is None and not further:
        raise UsageError(
            f"{entry} returns no example inputs: give them with --inputs, "
            'as in --inputs "x=FP32[1,3,224,224]"'
        )
    return export(
        model,
        given if given is not None else own,
        output,
        how=how,
        methods=further or None,
        dynamic=read_dynamic(dynamic),
        labels=read_labels(labels),
        description=description,
        input_names=read_names(input_names),
        output_names=read_names(output_names),
        batch=read_batch(batch),
        allow_mismatch=allow_mismatch,
        tolerances=read_tolerances(tolerances),
        entry=entry,
        also=also,
        opset=opset,
        progress=progress,
    )
