"""Says why no archive is right, and what to change in the model."""

from collections.abc import Iterator

from sconce.export.attempt import Attempt
from sconce.export.errors import ExportError
from sconce.export.subject import Subject

_SHOWN = 5


def explain_failure(
    subject: Subject, attempts: list[Attempt], numpy_lines: list[str]
) -> ExportError:
    """One line on the first fault, then all attempts with their lines."""
    message = f"{subject.label}: {_headline(attempts)}"
    details: list[str] = []
    for attempt in attempts:
        details += _attempt_lines(attempt)
    details += [f"numpy: {line}" for line in numpy_lines]
    advice = _advice(attempts, bool(numpy_lines))
    details += [f"to do: {line}" for line in advice]
    return ExportError(message, details)


def _headline(attempts: list[Attempt]) -> str:
    if len(attempts) == 1:
        return attempts[0].reason
    whys = "; ".join(attempt.reason for attempt in attempts)
    return f"neither a trace nor a script is right: {whys}"


def _attempt_lines(attempt: Attempt) -> Iterator[str]:
    if attempt.refused:
        yield f"{attempt.how}: {attempt.refused.message}"
        yield from (f"  {line}" for line in attempt.refused.details)
        return
    for mismatch in attempt.mismatches[:_SHOWN]:
        yield f"{attempt.how}: {mismatch}"
    hidden = len(attempt.mismatches) - _SHOWN
    if hidden > 0:
        yield f"{attempt.how}: and {hidden} more variations"
    for remark in attempt.remarks:
        yield f"{attempt.how}: {remark}"
    for name in attempt.unread if attempt.mismatches else ():
        yield (
            f"{attempt.how}: the graph never reads the input '{name}': what "
            "depended on it in Python has become a constant"
        )
    for device in attempt.devices:
        yield f"{attempt.how}: {device}"


def _advice(attempts: list[Attempt], numpy: bool) -> Iterator[str]:
    tried = {attempt.how for attempt in attempts}
    if tried == {"trace"}:
        yield "how='auto' tries a script as well"
    if tried == {"trace", "script"} and not numpy:
        yield (
            "mix both: torch.jit.script the part with the loop or branch, "
            "and trace the rest with it inside; or trace once per value of "
            "an argument and choose between the traces in a scripted wrapper"
        )
    if any(attempt.capture for attempt in attempts):
        yield "allow_mismatch=True (--allow-mismatch) exports it all the same"
