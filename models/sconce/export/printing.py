"""An export's report, as a person reads it in a terminal."""

import json
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sconce.archive import MethodSpec, ValueSpec
from sconce.archive.document import to_json
from sconce.export.attempts import Explored
from sconce.export.proof import Checked
from sconce.export.report import ExportReport
from sconce.export.tolerances import Tolerance

_HOW = {
    "trace": "traced",
    "script": "scripted",
    "given": "TorchScript as it was given",
}


def print_report(
    report: ExportReport, console: Console, *, verbose: bool = False
) -> None:
    """What was written, what was proved, and what to know about it."""
    for line in report_lines(report):
        console.print(Text(line), soft_wrap=True)
    if verbose:
        console.print(_table(report.chosen.checked))
        for line in _outside(report.explored):
            console.print(Text(line), soft_wrap=True)


def json_of(report: ExportReport) -> str:
    """What was written, for programs: `model` is what the archive says about
    itself (models/doc/metadata.md), `onnx` one object for each file."""
    return json.dumps(
        {
            "path": str(report.path),
            "bytes": report.size,
            "how": report.how,
            "mismatches": [str(each) for each in report.mismatches],
            "model": json.loads(to_json(report.metadata)),
            "onnx": [
                {
                    "path": str(written.path),
                    "method": written.method,
                    "opset": written.opset,
                    "lines": list(written.lines()),
                }
                for written in report.onnx
            ],
        }
    )


def report_lines(report: ExportReport) -> Iterator[str]:
    yield f"{report.path}: {_size(report.size)}, {_HOW[report.how]}"
    yield from _reasons(report)
    for one in report.explored:
        yield f"  {one.name}{_signature(report.metadata.methods[one.name])}"
        yield f"    batch: {one.domain.batch or 'none'} ({_batch(one)})"
    yield f"  proof: {_verdict(report.chosen.checked)}"
    for name, row in report.metadata.tolerances.items():
        yield f"    {name}: {Tolerance(row['rtol'], row['atol'])}"
    yield f"  examples in the archive: {_examples(report)}"
    for line in report.metadata.mismatches:
        yield f"  allowed mismatch: {line}"
    for line in report.metadata.notes:
        yield f"  note: {line}"


def _reasons(report: ExportReport) -> Iterator[str]:
    """Why earlier attempts were left."""
    for attempt in report.attempts:
        if attempt is not report.chosen:
            yield f"  not the {attempt.how}: {attempt.reason}"


def _signature(spec: MethodSpec) -> str:
    inputs = ", ".join(_value(value) for value in spec.inputs)
    outputs = ", ".join(_value(value) for value in spec.outputs)
    return f"({inputs}) -> {outputs or 'nothing'}"


def _value(spec: ValueSpec) -> str:
    if spec.kind != "tensor":
        default = f" = {spec.default!r}" if spec.optional else ""
        return f"{spec.name}: {spec.kind}{default}"
    if spec.shape is None:
        return f"{spec.name}: {spec.dtype}[...]"
    return f"{spec.name}: {spec.dtype}[{', '.join(map(str, spec.shape))}]"


def _batch(one: Explored) -> str:
    return one.domain.batch_reason


def _verdict(checked: tuple[Checked, ...]) -> str:
    wrong = [one for one in checked if one.mismatch]
    largest = max((one.largest for one in checked), default=0.0)
    if wrong:
        return f"{len(wrong)} of {len(checked)} variations differ"
    return (
        f"equal to eager PyTorch in {len(checked)} variations, largest "
        f"difference {largest:.2g}"
    )


def _examples(report: ExportReport) -> str:
    examples = report.metadata.examples
    names = ", ".join(example.name for example in examples) or "none"
    left_out = ", ".join(report.metadata.examples_left_out)
    return f"{names}; too large: {left_out}" if left_out else names


def _table(checked: tuple[Checked, ...]) -> Table:
    table = Table("method", "variation", "largest difference", "")
    for one in checked:
        verdict = one.mismatch.text if one.mismatch else "equal"
        table.add_row(
            one.method, one.variation, f"{one.largest:.2g}", verdict
        )
    return table


def _outside(explored: tuple[Explored, ...]) -> Iterator[str]:
    for one in explored:
        for name, reason in one.domain.outside:
            yield f"  outside the domain of {one.name}: {name}: {reason}"


def _size(count: int) -> str:
    if count < 1 << 20:
        return f"{count / 1024:.1f} KiB"
    return f"{count / (1 << 20):.1f} MiB"
