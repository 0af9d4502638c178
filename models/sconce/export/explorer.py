"""Asks eager PyTorch what one method accepts, and what it answers."""

from sconce.export.batch import BatchProof, prove_batch
from sconce.export.batch_claim import (
    batch_axis,
    check_claim,
    first_dimension,
    lost_rows,
    named_batch,
    row_counts,
)
from sconce.export.declared import Dynamic, declared_dimensions
from sconce.export.dimensions import (
    Dimension,
    find_dimensions,
    with_minimum,
)
from sconce.export.domain import Case, Domain
from sconce.export.errors import UsageError
from sconce.export.leaves import Inputs
from sconce.export.planned import planned_variations
from sconce.export.runner import Answer, Refusal, Result, Runner
from sconce.export.tolerances import Tolerances
from sconce.export.variations import Axis, Variation, content_key, resized

# Sets of 3 rows: what is computed over all of them may matter rarely, and
# more so in a model that decides by values.
RANDOM_SETS = 4
RANDOM_SETS_OF_DECIDERS = 12


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
        proof = self._proof(dimensions, batch)
        if proof.holds and dynamic is None:
            dimensions = [d for d in dimensions if self._keeps_rows(d)]
        domain = self._domain(dimensions, proof, batch, more)
        reason = lost_rows(domain)
        if not reason:
            return domain
        return self._domain(
            dimensions, BatchProof(False, reason), batch, more
        )

    def _domain(
        self,
        dimensions: list[Dimension],
        proof: BatchProof,
        batch: str | None,
        more: list[Variation],
    ) -> Domain:
        if batch == "auto":
            dimensions = named_batch(dimensions, proof.holds)
        elif batch is not None:
            check_claim(batch, dimensions, proof)
        first = Variation("given", self._given)
        further = planned_variations(
            self._given,
            dimensions,
            has_batch=proof.holds,
            reads_values=self._reads_values,
        )
        cases, outside = self._ask([first, *more, *further])
        name = batch_axis(dimensions) if proof.holds else None
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

    def _proof(
        self, dimensions: list[Dimension], batch: str | None
    ) -> BatchProof:
        if batch is None:
            return BatchProof(False, "not asked for")
        if self._stateful:
            return BatchProof(False, "the model changes itself when it runs")
        rows = first_dimension(dimensions)
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
        return row_counts(usual) == row_counts(other)

    def _is_batch(self, axes: tuple[Axis, ...]) -> bool:
        return self._prove_rows(axes).holds

    def _prove_rows(self, axes: tuple[Axis, ...]) -> BatchProof:
        sets = RANDOM_SETS_OF_DECIDERS if self._reads_values else RANDOM_SETS
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
