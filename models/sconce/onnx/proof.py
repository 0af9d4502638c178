"""Holds an ONNX file against eager PyTorch on the cases of the archive."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from sconce.archive import MethodSpec
from sconce.export.attempts import Explored
from sconce.export.comparison import compare
from sconce.export.domain import Case
from sconce.export.leaves import Inputs, Leaf
from sconce.export.proof import Checked, Mismatch
from sconce.export.runner import Refusal
from sconce.export.tolerances import Tolerances
from sconce.onnx.names import Names, renamed
from sconce.onnx.runtime import Answers, Outputs, run_onnx


@dataclass(frozen=True)
class OnnxProof:
    """What came of each case.

    `limits` are empty inputs that ONNX Runtime refuses: it says so instead
    of answering, and many of its operators take no empty tensors.
    `left_out` are cases that give a baked input another value. `unused` are
    inputs that the file does not take because nothing depends on them.
    `wrong_when_empty`: there are mismatches, and all are of empty inputs.
    """

    checked: tuple[Checked, ...]
    limits: tuple[str, ...]
    left_out: tuple[str, ...]
    unused: tuple[str, ...]
    wrong_when_empty: bool

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
    names = Names.of(explored, spec)
    cases = [case for case in explored.domain.cases if fits(case, baked)]
    others = [c for c in explored.domain.cases if not fits(c, baked)]
    calls = [renamed(case.variation.inputs, names.inputs) for case in cases]
    answers = run_onnx(path, calls)
    checked: list[Checked] = []
    limits: list[str] = []
    for case, result in zip(cases, answers.results, strict=True):
        if isinstance(result, Refusal) and is_empty(case):
            limits.append(f"{case.variation.name}: {result.reason}")
        else:
            checked.append(
                check(explored.name, case, result, names, tolerances)
            )
    return OnnxProof(
        checked=tuple(checked),
        limits=tuple(limits),
        left_out=tuple(case.variation.name for case in others),
        unused=unused(names, answers, baked),
        wrong_when_empty=only_empty_are_wrong(cases, checked),
    )


def only_empty_are_wrong(cases: list[Case], checked: list[Checked]) -> bool:
    wrong = {each.variation for each in checked if each.mismatch}
    empty = {case.variation.name for case in cases if is_empty(case)}
    return bool(wrong) and wrong <= empty


def unused(names: Names, answers: Answers, baked: Inputs) -> tuple[str, ...]:
    kept = {names.inputs[name] for name in names.inputs if name not in baked}
    return tuple(sorted(kept - {*answers.inputs}))


def check(
    method: str,
    case: Case,
    result: Outputs | Refusal,
    names: Names,
    tolerances: Tolerances,
) -> Checked:
    """One case: equal, or the first output that differs and by how much."""
    variation, output, largest = case.variation.name, "no output", 0.0
    expected = renamed(case.answer.outputs, names.outputs)
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


def is_empty(case: Case) -> bool:
    return any(
        isinstance(value, Tensor) and not value.numel()
        for value in case.variation.inputs.values()
    )


def fits(case: Case, baked: Inputs) -> bool:
    """Whether the case gives the baked inputs their baked values."""
    inputs = case.variation.inputs
    return all(inputs[name] == value for name, value in baked.items())
