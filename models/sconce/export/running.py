"""What the command does, once torch may be imported."""

from collections.abc import Sequence
from pathlib import Path

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
from sconce.export.printing import print_report
from sconce.export.progress import Progress
from sconce.export.report import ExportReport
from sconce.export.watching import Watch


def run(
    *,
    entry: str,
    output: Path,
    also: str | None,
    allow_mismatch: bool,
    verbose: bool,
    **options: object,
) -> int:
    """Exports and prints; the exit code: 0, 1 (model) or 2 (call)."""
    try:
        with Watch(Console(stderr=True)) as watch:
            report = _export(entry, output, allow_mismatch, watch, **options)
            lines = _also(also, report, allow_mismatch, watch)
    except (ExportError, UsageError) as error:
        click.echo(f"Error: {error.message}", err=True)
        for line in error.details:
            click.echo(f"  {line}", err=True)
        return error.exit_code
    print_report(report, Console(highlight=False), verbose=verbose)
    for line in lines:
        click.echo(line)
    return 0


def _export(
    entry: str,
    output: Path,
    allow_mismatch: bool,
    progress: Progress,
    *,
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
        progress=progress,
    )


def _also(
    also: str | None,
    report: ExportReport,
    allow_mismatch: bool,
    progress: Progress,
) -> list[str]:
    """Lines about the ONNX files, none when none were asked for."""
    if also is None:
        return []
    # A package above this one; it loads onnx and onnxruntime.
    from sconce.onnx.also import also_onnx
    from sconce.onnx.convert import Source

    assert report.chosen.capture is not None
    written = also_onnx(
        Source(report.original, report.chosen.capture),
        report.explored,
        report.metadata,
        report.path,
        report.tolerances,
        progress,
        allow_mismatch=allow_mismatch,
    )
    return [
        f"{one.path}: ONNX opset {one.opset}, {len(one.proof.checked)} "
        f"variations, {len(one.proof.mismatches)} differ"
        for one in written
    ]
