"""`export`: from a model to an archive that is proved to answer like it."""

from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from pathlib import Path

from sconce.export.also import check_also, write_also
from sconce.export.declared import Dynamic
from sconce.export.metadata import Words
from sconce.export.progress import Progress, Silent
from sconce.export.proving import prove_subject
from sconce.export.report import ExportReport
from sconce.export.subject import Examples, make_subject
from sconce.export.tolerances import Tolerances
from sconce.export.writing import check_target, write_proved


def export(
    model: object,
    example_inputs: Examples | None,
    path: str | PathLike[str],
    *,
    how: str = "auto",
    methods: Mapping[str, Examples] | None = None,
    dynamic: Dynamic | None = None,
    more_examples: Sequence[Examples] = (),
    labels: Mapping[str, Sequence[str]] | Sequence[str] | None = None,
    description: str = "",
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    batch: str | None = "auto",
    allow_mismatch: bool = False,
    tolerances: Mapping[str, tuple[float, float]] | None = None,
    entry: str | None = None,
    also: Collection[str] = (),
    opset: int | None = None,
    progress: Progress | None = None,
) -> ExportReport:
    """Writes `path` after proving that it answers like eager PyTorch.

    model: an nn.Module in eval mode, a function, or a scripted one of both.
    example_inputs: a tuple of arguments or a dict by name; None for a module
        whose `methods` are all there is.
    methods: examples of further methods, exported beside forward.
    dynamic: {"x": {0: "batch", 2: "height>=8%4"}}; found out when left out.
    more_examples: further arguments of forward that have to be right.
    labels: names of classes per output, or for the first output.
    input_names, output_names: of forward, instead of the found ones.
    batch: "auto", None for no claim, or the dimension that must be one.
    tolerances: {"FP32": (rtol, atol)}, by Open Inference Protocol dtype.
    also: ["onnx"] writes an ONNX file beside the archive and proves it, of
        `opset` (13 to 20) if given; models/doc/onnx.md.

    Raises UsageError for a wrong call and ExportError for a model that has
    no right archive; nothing is written then.
    """
    target = Path(path)
    check_target(target)
    check_also(also, opset)
    watcher = progress or Silent()
    proved = prove_subject(
        make_subject(model, example_inputs, methods),
        how,
        Tolerances(tolerances),
        watcher,
        dynamic=dynamic,
        more_examples=more_examples,
        batch=batch,
        allow_mismatch=allow_mismatch,
    )
    words = Words(description, labels, input_names, output_names, entry)
    watcher.step(f"writing {target.name}")
    report = write_proved(target, proved, words)
    return write_also(report, also, opset, allow_mismatch, watcher)
