"""What eager PyTorch accepts: the inputs an archive will be held against."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from torch import Tensor

from sconce.export.batch import BatchProof, batch_variations, prove_batch
from sconce.export.declared import Dynamic, declared_dimensions
from sconce.export.dimensions import (
    Dimension,
    find_dimensions,
    with_minimum,
)
from sconce.export.errors import ExportError, UsageError
from sconce.export.leaves import Inputs
from sconce.export.runner import Answer, Refusal, Result, Runner
from sconce.export.tolerances import Tolerances
from sconce.export.variations import (
    Axis,
    Variation,
    content_key,
    resized,
    value_variations,
)

BATCH = "batch"
RANDOM_SETS = 12  # of 3 rows, for a model that decides by values


@dataclass(frozen=True)
class Case:
    """An input that eager accepts, and its answer: the truth."""

    variation: Variation
    answer: Answer


@dataclass(frozen=True)
class Domain:
    """The result of asking eager about one method."""

    dimensions: tuple[Dimension, ...]
    batch: str | None
    batch_reason: str
    cases: tuple[Case, ...]
    outside: tuple[tuple[str, str], ...]  # variation, eager's reason


class Explorer:
    """Asks eager about one method; remembers what it answered."""

    def __init__(
        self,
        runner: Runner,
        given: Inputs,
        tolerances: Tolerances,
        *,
        stateful: bool,
        reads_values: bool,
    ) -> None:
        self._runner = runner
        self._given = given
        self._tolerances = tolerances
        self._stateful = stateful
        self._reads_values = reads_values
        self._answers: dict[object, Result] = {}

    def explore(
        self,
        more: list[Variation],
        dynamic: Dynamic | None,
        batch: str | None,
    ) -> Domain:
        """`batch`: "auto", None, or the name of the dimension to prove."""
        dimensions = self._dimensions(dynamic)
        dimensions, proof = self._batch(dimensions, batch)
        first = Variation("given", self._given)
        every = [first, *more, *self._variations(dimensions, proof)]
        cases, outside = self._ask(every)
        name = _batch_axis(dimensions) if proof.holds else None
        return Domain(
            tuple(dimensions), name, proof.reason, tuple(cases), tuple(outside)
        )

    def _dimensions(self, dynamic: Dynamic | None) -> list[Dimension]:
        if dynamic is None:
            found = find_dimensions(self._given, self._accepts, self._is_batch)
            return [
                with_minimum(one, self._given, self._accepts) for one in found
            ]
        found = declared_dimensions(dynamic, self._given)
        for dimension in found:
            self._check_declared(dimension)
        return [with_minimum(d, self._given, self._accepts) for d in found]

    def _check_declared(self, dimension: Dimension) -> None:
        size = dimension.size + dimension.multiple
        result = self._run(resized(self._given, dimension.at(size)))
        if isinstance(result, Refusal):
            raise UsageError(
                f"dynamic: eager PyTorch refuses '{dimension.name}' at "
                f"{size} ({result.reason}); leave it out, or state its "
                f"multiple as '{dimension.name}%{dimension.size}'"
            )

    def _batch(
        self, dimensions: list[Dimension], batch: str | None
    ) -> tuple[list[Dimension], BatchProof]:
        if batch is None:
            return dimensions, BatchProof(False, "not asked for")
        proof = self._proof(dimensions)
        if batch != "auto":
            _check_claim(batch, dimensions, proof)
            return dimensions, proof
        return _named(dimensions, proof.holds), proof

    def _proof(self, dimensions: list[Dimension]) -> BatchProof:
        if self._stateful:
            return BatchProof(False, "the model changes itself when it runs")
        rows = _rows(dimensions)
        if rows is None:
            return BatchProof(False, "the first dimension is fixed")
        return self._prove_rows(rows.axes)

    def _is_batch(self, axes: tuple[Axis, ...]) -> bool:
        return self._prove_rows(axes).holds

    def _prove_rows(self, axes: tuple[Axis, ...]) -> BatchProof:
        sets = RANDOM_SETS if self._reads_values else 0
        return prove_batch(
            self._given, axes, self._run, self._tolerances, sets
        )

    def _variations(
        self, dimensions: list[Dimension], proof: BatchProof
    ) -> Iterator[Variation]:
        for dimension in dimensions:
            for size in _sizes(dimension):
                yield Variation(
                    f"{dimension.name}={size}",
                    resized(self._given, dimension.at(size)),
                )
        if len(dimensions) > 1:
            yield self._all_larger(dimensions)
        if proof.holds:
            yield from batch_variations(self._given)
        yield from value_variations(self._given)
        if self._reads_values:
            yield from self._sizes_and_values(dimensions)

    def _sizes_and_values(
        self, dimensions: list[Dimension]
    ) -> Iterator[Variation]:
        """Another size and another branch at once."""
        for one in dimensions:
            size = one.size + one.multiple
            larger = resized(self._given, one.at(size))
            for other in value_variations(larger):
                if other.name.endswith(("negated", " 10 times")):
                    name = f"{one.name}={size}, {other.name}"
                    yield Variation(name, other.inputs)

    def _all_larger(self, dimensions: list[Dimension]) -> Variation:
        sizes: dict[Axis, int] = {}
        for one in dimensions:
            sizes |= one.at(one.size + one.multiple)
        return Variation(
            "all dimensions larger", resized(self._given, sizes)
        )

    def _ask(
        self, every: list[Variation]
    ) -> tuple[list[Case], list[tuple[str, str]]]:
        cases: list[Case] = []
        outside: list[tuple[str, str]] = []
        for variation in every:
            result = self._run(variation.inputs)
            if isinstance(result, Answer):
                cases.append(Case(variation, result))
            else:
                outside.append((variation.name, result.reason))
        return cases, outside

    def _accepts(self, inputs: Inputs) -> bool:
        return isinstance(self._run(inputs), Answer)

    def _run(self, inputs: Inputs) -> Result:
        """Eager's answer; what was asked before is not run again."""
        key = content_key(inputs)
        if key not in self._answers:
            self._answers[key] = self._runner.run(inputs)
        return self._answers[key]


def _rows(dimensions: list[Dimension]) -> Dimension | None:
    """The dimension that is the first of an input."""
    return next(
        (d for d in dimensions if any(a.index == 0 for a in d.axes)), None
    )


def _batch_axis(dimensions: list[Dimension]) -> str | None:
    rows = _rows(dimensions)
    return rows.name if rows else None


def _named(dimensions: list[Dimension], holds: bool) -> list[Dimension]:
    rows = _rows(dimensions)
    if not holds or rows is None or not rows.name.endswith("_dim0"):
        return dimensions
    return [
        replace(one, name=BATCH) if one is rows else one for one in dimensions
    ]


def _check_claim(
    batch: str, dimensions: list[Dimension], proof: BatchProof
) -> None:
    names = [one.name for one in dimensions]
    if batch not in names:
        raise UsageError(
            f"batch: no dynamic dimension '{batch}' among "
            f"{', '.join(names) or 'none'}"
        )
    if not proof.holds:
        raise ExportError(
            f"'{batch}' is no batch dimension: {proof.reason}; export with "
            "batch=None"
        )


def _sizes(dimension: Dimension) -> list[int]:
    """Other sizes than the example's, the smallest among them."""
    step, size = dimension.multiple, dimension.size
    wanted = {dimension.minimum, size + step, size - step}
    if any(axis.index == 0 for axis in dimension.axes):
        wanted |= {1, 2, 3}
    return sorted(
        other
        for other in wanted
        if other != size
        and other >= dimension.minimum
        and other % step == 0
    )
