"""The names of a method's values in the ONNX file: those of the archive."""

from dataclasses import dataclass

from sconce.archive import MethodSpec
from sconce.export.attempts import Explored
from sconce.export.leaves import Inputs


@dataclass(frozen=True)
class Names:
    """From the names in the model's code to those the caller chose."""

    inputs: dict[str, str]
    outputs: dict[str, str]

    @classmethod
    def of(cls, explored: Explored, spec: MethodSpec) -> "Names":
        """`spec` begins with the example's inputs, in their order."""
        given = explored.domain.cases[0]
        return cls(
            inputs={
                name: value.name
                for name, value in zip(
                    explored.arguments.given, spec.inputs, strict=False
                )
            },
            outputs={
                name: value.name
                for name, value in zip(
                    given.answer.outputs, spec.outputs, strict=True
                )
            },
        )


def renamed(values: Inputs, names: dict[str, str]) -> Inputs:
    """The values under their new names; unknown names stay."""
    return {names.get(name, name): value for name, value in values.items()}
