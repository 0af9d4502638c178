"""From a subject to a proved TorchScript program, before it is written."""

from collections.abc import Sequence
from dataclasses import dataclass

from sconce.export.attempt import Attempt, best
from sconce.export.attempts import Attempts, Explored
from sconce.export.declared import Dynamic
from sconce.export.explaining import explain_failure
from sconce.export.exploring import explore_methods
from sconce.export.precheck import numpy_uses, precheck
from sconce.export.progress import Progress
from sconce.export.state import Original
from sconce.export.subject import Examples, Subject
from sconce.export.tolerances import Tolerances


@dataclass(frozen=True)
class Proved:
    """The attempt to write, and everything that led to it."""

    subject: Subject
    original: Original
    explored: list[Explored]
    attempts: list[Attempt]
    chosen: Attempt
    tolerances: Tolerances


def prove_subject(
    subject: Subject,
    how: str,
    tolerances: Tolerances,
    progress: Progress,
    *,
    dynamic: Dynamic | None,
    more_examples: Sequence[Examples],
    batch: str | None,
    allow_mismatch: bool,
) -> Proved:
    """Raises ExportError where no attempt is right, unless that is allowed."""
    precheck(subject)
    names = [method.name for method in subject.methods]
    original = Original(subject.model, names)
    explored = explore_methods(
        subject,
        original,
        tolerances,
        progress,
        dynamic,
        more_examples,
        batch,
    )
    attempts = Attempts(
        subject, original, explored, tolerances, progress
    ).run(how)
    chosen = _choose(attempts, subject, allow_mismatch)
    return Proved(subject, original, explored, attempts, chosen, tolerances)


def _choose(
    attempts: list[Attempt], subject: Subject, allow_mismatch: bool
) -> Attempt:
    chosen = best(attempts)
    if chosen is None and allow_mismatch:
        chosen = next((one for one in attempts if one.capture), None)
    if chosen is None:
        raise explain_failure(subject, attempts, numpy_uses(subject))
    return chosen
