"""Runs eager PyTorch on all methods before anything is captured."""

from collections.abc import Sequence

from sconce.export.arguments import Arguments, arguments_of
from sconce.export.attempts import Explored
from sconce.export.declared import Dynamic
from sconce.export.errors import ExportError, UsageError
from sconce.export.explorer import Explorer
from sconce.export.first_runs import check_example, remembers
from sconce.export.progress import Progress
from sconce.export.runner import Runner
from sconce.export.state import Original
from sconce.export.subject import Examples, Subject
from sconce.export.tolerances import Tolerances
from sconce.export.value_reads import scripted_reads
from sconce.export.variations import Variation


def explore_methods(
    subject: Subject,
    original: Original,
    tolerances: Tolerances,
    progress: Progress,
    dynamic: Dynamic | None,
    more_examples: Sequence[Examples],
    batch: str | None,
) -> list[Explored]:
    """Raises ExportError where eager fails on, or varies in, an example."""
    every = [arguments_of(method) for method in subject.methods]
    if more_examples and every[0].method.name != "forward":
        raise UsageError("more_examples are for forward: give it an example")
    found = [
        check_example(one, Runner(original, one), tolerances)
        for one in every
    ]
    if original.changes and not _remembers(original, every, tolerances):
        original.disregard_changes()
    explored = []
    for arguments, reads_values in zip(every, found, strict=True):
        progress.step(f"asking eager PyTorch about {arguments.method.name}")
        eager = Runner(original, arguments)
        explorer = Explorer(
            eager,
            arguments.given,
            tolerances,
            stateful=original.stateful,
            reads_values=reads_values or scripted_reads(subject.model),
        )
        forward = arguments.method.name == "forward"
        more = _more(arguments, more_examples) if forward else []
        declared = _dynamic_of(dynamic, arguments)
        domain = explorer.explore(more, declared, batch)
        _check_more(domain.outside, more)
        explored.append(Explored(arguments, domain, eager))
    return explored


def _remembers(
    original: Original, every: list[Arguments], tolerances: Tolerances
) -> bool:
    """Whether an answer depends on the calls before it."""
    return any(
        remembers(one, Runner(original, one), tolerances) for one in every
    )


def _more(
    arguments: Arguments, examples: Sequence[Examples]
) -> list[Variation]:
    return [
        Variation(
            f"more example {number}",
            arguments.flatten(
                arguments.method.bind(example), f"more_examples[{number - 1}]"
            ),
        )
        for number, example in enumerate(examples, 1)
    ]


def _check_more(
    outside: tuple[tuple[str, str], ...], more: list[Variation]
) -> None:
    names = {variation.name for variation in more}
    for name, reason in outside:
        if name in names:
            raise ExportError(f"eager PyTorch fails on {name}: {reason}")


def _dynamic_of(
    dynamic: Dynamic | None, arguments: Arguments
) -> Dynamic | None:
    """The part of `dynamic` for one method; forward takes all of it."""
    if dynamic is None or arguments.method.name == "forward":
        return dynamic
    own = {n: axes for n, axes in dynamic.items() if n in arguments.given}
    return own or None
