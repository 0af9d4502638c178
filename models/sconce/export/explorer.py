"""Asks eager PyTorch what one method accepts, and what it answers."""

from dataclasses import replace

from torch import Tensor

from sconce.export.batch import BatchProof, prove_batch
from sconce.export.declared import Dynamic, declared_dimensions
from sconce.export.dimensions import (
    Dimension,
    find_dimensions,
    with_minimum,
)
from sconce.export.domain import Case, Domain
from sconce.export.errors import ExportError, UsageError
from sconce.export.leaves import Inputs
from sconce.export.planned import planned_variations
from sconce.export.runner import Answer, Refusal, Result, Runner
from sconce.export.tolerances import Tolerances
from sconce.export.variations import Axis, Variation, content_key, resized

BATCH = "batch"
RANDOM_SETS = 12  # of 3 rows, for a model that decides by values


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
        further = planned_variations(
            self._given,
            dimensions,
            has_batch=proof.holds,
            reads_values=self._reads_values,
        )
        cases, outside = self._ask([first, *more, *further])
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
        if proof.holds:
            dimensions = [d for d in dimensions if self._keeps_rows(d)]
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

    def _keeps_rows(self, dimension: Dimension) -> bool:
        """Whether another size leaves the number of output rows alone.

        x.view(-1, 320) accepts images of a wrong size and makes more rows.
        """
        if any(axis.index == 0 for axis in dimension.axes):
            return True
        size = dimension.size + dimension.multiple
        usual = self._run(self._given)
        other = self._run(resized(self._given, dimension.at(size)))
        return _row_counts(usual) == _row_counts(other)

    def _is_batch(self, axes: tuple[Axis, ...]) -> bool:
        return self._prove_rows(axes).holds

    def _prove_rows(self, axes: tuple[Axis, ...]) -> BatchProof:
        sets = RANDOM_SETS if self._reads_values else 0
        return prove_batch(
            self._given, axes, self._run, self._tolerances, sets
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


def _row_counts(result: Result) -> list[int]:
    if not isinstance(result, Answer):
        return []
    return [
        len(value)
        for value in result.outputs.values()
        if isinstance(value, Tensor) and value.ndim
    ]
