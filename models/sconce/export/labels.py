"""The names of classes that go with an output."""

from collections.abc import Mapping, Sequence

from sconce.archive import ValueSpec
from sconce.export.errors import UsageError

Labels = Mapping[str, Sequence[str]] | Sequence[str] | None


def checked_labels(
    labels: Labels, outputs: tuple[ValueSpec, ...]
) -> dict[str, tuple[str, ...]]:
    """By output name; a plain list is for the first output.

    Raises UsageError for an unknown output, and where the number of labels
    is not the size of the output's last dimension.
    """
    if not labels:
        return {}
    if not isinstance(labels, Mapping):
        labels = {outputs[0].name: labels}
    by_name = {one.name: one for one in outputs}
    for name, words in labels.items():
        if name not in by_name:
            raise UsageError(
                f"labels: no output '{name}' among {', '.join(by_name)}"
            )
        _check_count(by_name[name], words)
    return {name: tuple(words) for name, words in labels.items()}


def _check_count(output: ValueSpec, words: Sequence[str]) -> None:
    size = output.shape[-1] if output.shape else None
    if isinstance(size, int) and size != len(words):
        raise UsageError(
            f"labels: {len(words)} for '{output.name}', whose last dimension "
            f"is {size}"
        )
