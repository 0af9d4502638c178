"""Holds an ONNX file against eager PyTorch on the cases of the archive."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from sconce.archive import MethodSpec
from sconce.export.attempts import Explored
from sconce.export.comparison import compare
from sconce.export.leaves import Inputs, Leaf
from sconce.export.proof import Checked, Mismatch
from sconce.export.runner import Refusal
from sconce.export.tolerances import Tolerances
from sconce.onnx.names import Names, renamed
from sconce.onnx.runtime import OnnxModel, Outputs


@dataclass(frozen=True)
class OnnxProof:
    """What came of each case.

    `limits` are empty inputs that ONNX Runtime refuses: it says so instead
    of answering, and many of its operators take no empty tensors.
    `left_out` are cases that give a baked input another value. `unused` are
    inputs that the file does not take because nothing depends on them.
    """

    checked: tuple[Checked, ...]
    limits: tuple[str, ...]
    left_out: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def mismatches(self) -> list[Mismatch]:
        return [each.mismatch for each in self.checked if each.mismatch]


def prove_onnx(
    path: Path,
    explored: Explored,
    spec: MethodSpec,
    tolerances: Tolerances,
    baked: Inputs,
) -> OnnxProof:
    """Runs every case whose baked inputs have their baked values.

    Raises ExportError where ONNX Runtime cannot load the file.
    """
    model, names = OnnxModel(path), Names.of(explored, spec)
    checked: list[Checked] = []
    limits: list[str] = []
    left_out: list[str] = []
    for case in explored.domain.cases:
        inputs, variation = case.variation.inputs, case.variation.name
        if not has_values(inputs, baked):
            left_out.append(variation)
            continue
        result = model.run(renamed(inputs, names.inputs))
        if isinstance(result, Refusal) and is_empty(inputs):
            limits.append(f"{variation}: {result.reason}")
            continue
        expected = renamed(case.answer.outputs, names.outputs)
        checked.append(
            check(explored.name, variation, result, expected, tolerances)
        )
    unused = set(names.inputs.values()) - {*model.inputs} - {*baked}
    return OnnxProof(
        tuple(checked), tuple(limits), tuple(left_out), tuple(sorted(unused))
    )


def check(
    method: str,
    variation: str,
    result: Outputs | Refusal,
    expected: Outputs,
    tolerances: Tolerances,
) -> Checked:
    """One case: equal, or the first output that differs and by how much."""
    output, largest = "no output", 0.0
    if isinstance(result, Refusal):
        text = f"eager PyTorch answers, ONNX Runtime fails: {result.reason}"
    else:
        found = compare(like(result, expected), expected, tolerances)
        if found.difference is None:
            return Checked(method, variation, found.largest, None)
        output, text = found.difference.output, found.difference.text
        largest = found.largest
    mismatch = Mismatch(method, variation, output, text)
    return Checked(method, variation, largest, mismatch)


def like(outputs: Outputs, expected: Outputs) -> Outputs:
    """Arrays of one number become numbers where eager returns numbers."""
    return {
        name: value.item()
        if isinstance(value, Tensor) and is_number(expected.get(name))
        else value
        for name, value in outputs.items()
    }


def is_number(value: Leaf) -> bool:
    return isinstance(value, bool | int | float)


def is_empty(inputs: Inputs) -> bool:
    return any(
        isinstance(value, Tensor) and not value.numel()
        for value in inputs.values()
    )


def has_values(inputs: Inputs, wanted: Inputs) -> bool:
    return all(inputs[name] == value for name, value in wanted.items())
