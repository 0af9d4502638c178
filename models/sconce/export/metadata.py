"""Puts together what the archive says about itself."""

import hashlib
import inspect
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import Tensor

from sconce.archive import Example, MethodSpec, ModelMetadata
from sconce.export import golden
from sconce.export.attempt import Attempt
from sconce.export.attempts import Explored
from sconce.export.labels import Labels, checked_labels
from sconce.export.notes import make_notes
from sconce.export.proving import Proved
from sconce.export.renaming import Renaming
from sconce.export.schema import schema_defaults
from sconce.export.specs import method_spec
from sconce.export.subject import Subject
from sconce.export.tolerances import DTYPE_NAMES, Tolerances


@dataclass(frozen=True)
class Words:
    """What only the caller can say about a model."""

    description: str = ""
    labels: Labels = None
    input_names: Sequence[str] | None = None
    output_names: Sequence[str] | None = None
    entry: str | None = None


def make_metadata(proved: Proved, words: Words) -> ModelMetadata:
    """Raises UsageError for names and labels that fit no output."""
    explored, chosen = proved.explored, proved.chosen
    renaming = Renaming(explored, words.input_names, words.output_names)
    specs = _specs(proved, renaming)
    examples, left_out = _examples(explored)
    forward = next(iter(specs.values()))
    return ModelMetadata(
        methods=specs,
        producer=_producer(),
        source=_source(proved.subject, words.entry),
        how=chosen.how,
        description=words.description,
        labels=checked_labels(words.labels, forward.outputs),
        tolerances=_tolerances(explored, proved.tolerances),
        examples=tuple(renaming.example(example) for example in examples),
        examples_left_out=tuple(left_out),
        mismatches=_allowed(chosen),
        notes=make_notes(proved),
    )


def _specs(proved: Proved, renaming: Renaming) -> dict[str, MethodSpec]:
    capture = proved.chosen.capture
    assert capture is not None
    return {
        one.name: renaming.spec(
            one.name,
            method_spec(
                one.arguments,
                one.domain,
                schema_defaults(capture.program, one.name),
                capture.adapted,
            ),
        )
        for one in proved.explored
    }


def _producer() -> dict[str, str]:
    return {
        "sconce": _own_version(),
        "torch": torch.__version__.split("+")[0],
        "python": platform.python_version(),
    }


def _own_version() -> str:
    try:
        return version("sconce-models")
    except PackageNotFoundError:
        return "not installed"


def _source(subject: Subject, entry: str | None) -> dict[str, str]:
    """The entry point as given, and a hash of the model's own source file.

    A model without a source file (already scripted, typed at a prompt) has
    no hash.
    """
    found = {"entry": entry} if entry else {}
    code = subject.model
    if isinstance(code, torch.nn.Module):
        code = type(code)
    try:
        file = inspect.getsourcefile(inspect.unwrap(code))
    except TypeError:
        return found
    if file and not subject.is_scripted and Path(file).is_file():
        content = Path(file).read_bytes()
        found["sha256"] = hashlib.sha256(content).hexdigest()
    return found


def _examples(explored: list[Explored]) -> tuple[list[Example], list[str]]:
    """Every method gets its share of the number and of the bytes."""
    chosen: list[Example] = []
    left_out: list[str] = []
    share = max(2, golden.LIMIT // len(explored))
    for index, one in enumerate(explored):
        room = golden.BYTES - golden.size_of(chosen)
        room //= len(explored) - index
        some, others = golden.choose(one.name, one.domain.cases, share, room)
        chosen += some
        left_out += others
    return chosen, left_out


def _tolerances(
    explored: list[Explored], tolerances: Tolerances
) -> dict[str, dict[str, float]]:
    """The rows for the dtypes that the outputs have."""
    names = {
        DTYPE_NAMES[value.dtype]
        for one in explored
        for value in one.domain.cases[0].answer.outputs.values()
        if isinstance(value, Tensor) and value.dtype in DTYPE_NAMES
    }
    return {
        name: {"rtol": row.rtol, "atol": row.atol}
        for name, row in tolerances.named(names).items()
    }


def _allowed(chosen: Attempt) -> tuple[str, ...]:
    if chosen.is_right:
        return ()
    found = [str(mismatch) for mismatch in chosen.mismatches]
    return tuple(found + [str(device) for device in chosen.devices])
