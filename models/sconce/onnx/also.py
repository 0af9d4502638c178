"""`also_onnx`: ONNX files beside an archive, proved before they are kept."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx

from sconce.export.attempts import Explored
from sconce.export.errors import ExportError
from sconce.export.progress import Progress
from sconce.export.report import ExportReport
from sconce.export.state import Original
from sconce.onnx.convert import Source, write_onnx
from sconce.onnx.opsets import checked_opset
from sconce.onnx.proof import OnnxProof, prove_onnx
from sconce.onnx.report import OnnxReport

SHOWN = 5  # differences in an error
EMPTY_ADVICE = (
    "to do: ONNX Runtime computes something else of tensors with a size of 0; "
    "if that size needs not be served, state the smallest one, as in "
    "dynamic={'x': {0: 'batch>=1'}} (--dynamic x:0=batch>=1)"
)
PROPERTY = "sconce.mismatches"  # in the ONNX file's own metadata


def also_onnx(
    report: ExportReport,
    progress: Progress,
    *,
    opset: int | None = None,
    allow_mismatch: bool = False,
) -> list[OnnxReport]:
    """`m.onnx` for the forward of `m.pt`, `m.<method>.onnx` for others.

    `report` is what the export of the archive returned.

    Raises UsageError for an opset that cannot be written, and ExportError
    for what cannot be converted or, unless `allow_mismatch`, answers
    differently from eager; then no file is written or replaced.
    """
    number = checked_opset(opset)
    refuse_state(report.original)
    folder = report.path.parent
    with TemporaryDirectory(dir=folder, prefix=".onnx-") as drafts:
        made = []
        for one in report.explored:
            progress.step(f"converting {one.name} to ONNX")
            made.append(make_one(report, one, Path(drafts), number))
            check_proof(made[-1].proof, made[-1].path, allow_mismatch)
        for each in made:
            os.replace(Path(drafts) / each.path.name, each.path)
    return made


def make_one(
    report: ExportReport, explored: Explored, folder: Path, opset: int
) -> OnnxReport:
    """Writes one method's file in `folder` and runs the proof."""
    assert report.chosen.capture is not None
    source = Source(report.original, report.chosen.capture)
    path = onnx_path(report.path, explored.name)
    spec = report.metadata.methods[explored.name]
    draft = folder / path.name
    written = write_onnx(source, explored, spec, draft, opset)
    proof = prove_onnx(
        draft, explored, spec, report.tolerances, written.baked
    )
    record_mismatches(draft, proof)
    return OnnxReport(explored.name, path, opset, written, proof)


def refuse_state(original: Original) -> None:
    """Raises ExportError for a model that remembers its calls."""
    if original.stateful:
        raise ExportError(
            f"the model changes {', '.join(original.changes)} when it runs, "
            "and an ONNX file keeps nothing between calls; take the state as "
            "an input and return it, or leave out --also onnx"
        )


def onnx_path(archive: Path, method: str) -> Path:
    suffix = ".onnx" if method == "forward" else f".{method}.onnx"
    return archive.with_suffix(suffix)


def check_proof(proof: OnnxProof, path: Path, allow_mismatch: bool) -> None:
    """Raises ExportError that shows the first differences."""
    wrong = proof.mismatches
    if not wrong or allow_mismatch:
        return
    details = [f"onnx: {each}" for each in wrong[:SHOWN]]
    if proof.wrong_when_empty:
        details.append(EMPTY_ADVICE)
    raise ExportError(
        f"{path.name} is wrong in {len(wrong)} of {len(proof.checked)} "
        f"variations, first in {wrong[0]}",
        details,
    )


def record_mismatches(draft: Path, proof: OnnxProof) -> None:
    """What was allowed goes into the file, so that nobody finds out later."""
    if not proof.mismatches:
        return
    model = onnx.load(draft)
    lines = "\n".join(str(each) for each in proof.mismatches)
    onnx.helper.set_model_props(model, {PROPERTY: lines})
    onnx.save(model, draft)
