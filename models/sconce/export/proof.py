"""Holds an archive against eager PyTorch on every case of its domain."""

from dataclasses import dataclass

from sconce.export.comparison import compare
from sconce.export.domain import Case
from sconce.export.first_runs import CALLS
from sconce.export.leaves import Inputs
from sconce.export.progress import Progress
from sconce.export.runner import Answer, Refusal, Result, Runner
from sconce.export.tolerances import Tolerances


@dataclass(frozen=True)
class Mismatch:
    """The archive answers one case differently, or refuses it."""

    method: str
    variation: str
    output: str
    text: str

    def __str__(self) -> str:
        return (
            f"{self.method}, variation '{self.variation}', {self.output}: "
            f"{self.text}"
        )


@dataclass(frozen=True)
class Checked:
    """One line of the report: a case and what came of it."""

    method: str
    variation: str
    largest: float
    mismatch: Mismatch | None


def prove(
    method: str,
    cases: tuple[Case, ...],
    archive: Runner,
    tolerances: Tolerances,
    progress: Progress,
) -> list[Checked]:
    """Runs every case, also after the first mismatch."""
    checked = []
    for done, case in enumerate(cases, 1):
        checked.append(_check(method, case, archive, tolerances))
        name = case.variation.name
        progress.step(f"proving {method}: {name}", done, len(cases))
    return checked


def prove_in_a_row(
    method: str,
    given: Inputs,
    eager: Runner,
    archive: Runner,
    tolerances: Tolerances,
) -> Checked:
    """Calls on one instance: whether what the model keeps is kept."""
    calls = [given] * CALLS
    expected, actual = eager.run_all(calls), archive.run_all(calls)
    largest = 0.0
    for number in range(1, CALLS):
        wanted = expected[number]
        if isinstance(wanted, Refusal):
            break
        name = "second call" if number == 1 else f"call {number + 1}"
        one = _verdict(method, name, actual[number], wanted, tolerances)
        if one.mismatch:
            return one
        largest = max(largest, one.largest)
    return Checked(method, f"calls 2 to {CALLS}", largest, None)


def _check(
    method: str, case: Case, archive: Runner, tolerances: Tolerances
) -> Checked:
    result = archive.run(case.variation.inputs)
    return _verdict(
        method, case.variation.name, result, case.answer, tolerances
    )


def _verdict(
    method: str,
    name: str,
    result: Result,
    expected: Answer,
    tolerances: Tolerances,
) -> Checked:
    if isinstance(result, Refusal):
        text = f"eager PyTorch answers, the archive fails: {result.reason}"
        return _wrong(method, name, "no output", text, 0.0)
    found = compare(result.outputs, expected.outputs, tolerances)
    if found.difference is not None:
        output, text = found.difference.output, found.difference.text
        return _wrong(method, name, output, text, found.largest)
    if result.changed_inputs != expected.changed_inputs:
        text = (
            f"eager changes {_listed(expected.changed_inputs)} in place, "
            f"the archive {_listed(result.changed_inputs)}"
        )
        return _wrong(method, name, "inputs", text, found.largest)
    return Checked(method, name, found.largest, None)


def _wrong(
    method: str, variation: str, output: str, text: str, largest: float
) -> Checked:
    mismatch = Mismatch(method, variation, output, text)
    return Checked(method, variation, largest, mismatch)


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(f"'{name}'" for name in names) or "nothing"
