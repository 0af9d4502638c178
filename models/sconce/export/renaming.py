"""Gives forward's inputs and outputs the names that the caller wants."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from sconce.archive import Example, MethodSpec, ValueSpec
from sconce.export.attempts import Explored
from sconce.export.errors import UsageError

Value = TypeVar("Value")


class Renaming:
    """Old to new names; other methods than forward keep theirs."""

    def __init__(
        self,
        explored: list[Explored],
        inputs: Sequence[str] | None,
        outputs: Sequence[str] | None,
    ) -> None:
        first = explored[0]
        given = first.domain.cases[0].answer.outputs
        self._method = first.name
        self._inputs = _table("input_names", first.arguments.given, inputs)
        self._outputs = _table("output_names", given, outputs)

    def spec(self, method: str, spec: MethodSpec) -> MethodSpec:
        """The method's description with the new names."""
        if method != self._method:
            return spec
        return replace(
            spec,
            inputs=_specs(spec.inputs, self._inputs),
            outputs=_specs(spec.outputs, self._outputs),
            input_structure=_structure(spec.input_structure, self._inputs),
            output_structure=_structure(spec.output_structure, self._outputs),
        )

    def example(self, example: Example) -> Example:
        if example.method != self._method:
            return example
        return replace(
            example,
            inputs=_keys(example.inputs, self._inputs),
            outputs=_keys(example.outputs, self._outputs),
        )


def _table(
    what: str, found: Mapping[str, object], wanted: Sequence[str] | None
) -> dict[str, str]:
    if wanted is None:
        return {}
    names = list(found)
    if isinstance(wanted, str) or len(wanted) != len(names):
        raise UsageError(
            f"{what}: expected {len(names)} names, for {', '.join(names)}; "
            f"got {wanted!r}"
        )
    if len(set(wanted)) != len(wanted):
        raise UsageError(f"{what}: a name occurs twice in {list(wanted)}")
    return dict(zip(names, wanted, strict=True))


def _specs(
    specs: tuple[ValueSpec, ...], table: dict[str, str]
) -> tuple[ValueSpec, ...]:
    return tuple(
        replace(spec, name=table.get(spec.name, spec.name)) for spec in specs
    )


def _keys(
    values: Mapping[str, Value], table: dict[str, str]
) -> dict[str, Value]:
    return {table.get(name, name): value for name, value in values.items()}


def _structure(structure: object, table: dict[str, str]) -> dict[str, object]:
    """The same structure; only its leaves are named anew."""
    changed = _renamed(structure, table)
    assert isinstance(changed, dict)
    return changed


def _renamed(part: object, table: dict[str, str]) -> object:
    match part:
        case {"leaf": str(name)}:
            return {"leaf": table.get(name, name)}
        case dict():
            return {key: _renamed(item, table) for key, item in part.items()}
        case list():
            return [_renamed(item, table) for item in part]
    return part
