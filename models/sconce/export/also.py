"""What is written beside the archive when it is asked for: ONNX files."""

from collections.abc import Collection
from dataclasses import replace

from sconce.export.errors import ExportError, UsageError
from sconce.export.progress import Progress
from sconce.export.report import ExportReport

# `sconce.onnx` stands above this package and loads onnx and onnxruntime: it
# is imported where a file is asked for.

KINDS = ("onnx",)


def check_also(also: Collection[str], opset: int | None) -> None:
    """Raises UsageError, before any work."""
    if isinstance(also, str) or not {*also} <= {*KINDS}:
        raise UsageError(
            f"also={also!r}, expected a list of names among {', '.join(KINDS)}"
        )
    if opset is not None and "onnx" not in also:
        raise UsageError(
            "an opset is for ONNX files; add also=['onnx'] (--also onnx)"
        )
    if "onnx" in also:
        from sconce.onnx.opsets import checked_opset

        checked_opset(opset)


def write_also(
    report: ExportReport,
    also: Collection[str],
    opset: int | None,
    allow_mismatch: bool,
    progress: Progress,
) -> ExportReport:
    """The report with what was written; ExportError where that is wrong."""
    if "onnx" not in also:
        return report
    from sconce.onnx.also import also_onnx

    try:
        written = also_onnx(
            report, progress, opset=opset, allow_mismatch=allow_mismatch
        )
    except ExportError as error:
        kept = f"{report.path} was written and stays: it is proved on its own"
        raise ExportError(error.message, [*error.details, kept]) from error
    return replace(report, onnx=tuple(written))
