"""What eager PyTorch accepts: the inputs an archive will be held against."""

from dataclasses import dataclass

from sconce.export.dimensions import Dimension
from sconce.export.runner import Answer
from sconce.export.variations import Variation


@dataclass(frozen=True)
class Case:
    """An input that eager accepts, and its answer: the truth."""

    variation: Variation
    answer: Answer


@dataclass(frozen=True)
class Domain:
    """The result of asking eager about one method. The first case is the
    example as it was given."""

    dimensions: tuple[Dimension, ...]
    batch: str | None
    batch_reason: str
    cases: tuple[Case, ...]
    outside: tuple[tuple[str, str], ...]  # variation, eager's reason
