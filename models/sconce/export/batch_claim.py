"""Which dimension is the batch, what it is called, and whether it holds."""

from dataclasses import replace

from torch import Tensor

from sconce.export.batch import BatchProof
from sconce.export.dimensions import Dimension
from sconce.export.domain import Domain
from sconce.export.errors import ExportError, UsageError
from sconce.export.runner import Answer, Result

BATCH = "batch"


def first_dimension(dimensions: list[Dimension]) -> Dimension | None:
    """The dimension that is the first of an input."""
    return next(
        (d for d in dimensions if any(a.index == 0 for a in d.axes)), None
    )


def batch_axis(dimensions: list[Dimension]) -> str | None:
    rows = first_dimension(dimensions)
    return rows.name if rows else None


def named_batch(dimensions: list[Dimension], holds: bool) -> list[Dimension]:
    """The batch under its usual name, unless the caller has named it."""
    rows = first_dimension(dimensions)
    if not holds or rows is None or not rows.name.endswith("_dim0"):
        return dimensions
    return [
        replace(one, name=BATCH) if one is rows else one for one in dimensions
    ]


def check_claim(
    batch: str, dimensions: list[Dimension], proof: BatchProof
) -> None:
    """Raises UsageError for an unknown name, ExportError where the named
    dimension does not count independent rows."""
    names = [one.name for one in dimensions]
    if batch not in names:
        raise UsageError(
            f"batch: no dynamic dimension '{batch}' among "
            f"{', '.join(names) or 'none'}"
        )
    reason = proof.reason
    if batch_axis(dimensions) != batch:
        reason = "it is not the first of an input"
    elif proof.holds:
        return
    raise ExportError(
        f"'{batch}' is no batch dimension: {reason}; export with batch=None"
    )


def row_counts(result: Result) -> list[int]:
    """The first size of every output tensor that has one."""
    if not isinstance(result, Answer):
        return []
    return [
        len(value)
        for value in result.outputs.values()
        if isinstance(value, Tensor) and value.ndim
    ]


def lost_rows(domain: Domain) -> str:
    """The case with another number of rows in an output than in the inputs;
    empty when there is none, or no batch is claimed."""
    rows = next((d for d in domain.dimensions if d.name == domain.batch), None)
    if rows is None:
        return ""
    axis = rows.axes[0]
    for case in domain.cases:
        value = case.variation.inputs[axis.input]
        assert isinstance(value, Tensor)
        counts = row_counts(case.answer)
        if any(count != value.shape[axis.index] for count in counts):
            return (
                f"in variation '{case.variation.name}' an output has "
                "another number of rows than the inputs"
            )
    return ""
