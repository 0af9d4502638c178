"""Between the arguments of a method and a flat list of named values."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from sconce.archive import MetadataError, flatten
from sconce.export.errors import UsageError
from sconce.export.leaves import Inputs, Leaf, refill
from sconce.export.subject import Method
from sconce.export.tolerances import check_dtype

Structure = Mapping[str, object]


@dataclass(frozen=True)
class Arguments:
    """The structure of one method's example, shared by all its inputs."""

    method: Method
    structure: Structure
    given: Inputs

    def rebuild(self, inputs: Inputs) -> dict[str, object]:
        """Argument values by name, as the model's own code expects them."""
        values = refill(self.method.example, iter(inputs.values()))
        assert isinstance(values, dict)
        return values

    def flatten(self, arguments: dict[str, object], what: str) -> Inputs:
        """The values of another example; UsageError where it differs."""
        inputs, structure = _flatten(arguments)
        if structure != self.structure:
            raise UsageError(
                f"{what} of {self.method.name} has another structure than "
                f"the first: {', '.join(inputs)}, expected "
                f"{', '.join(self.given)}"
            )
        return inputs

    @property
    def is_flat(self) -> bool:
        """Whether each argument is a single value of its own."""
        return list(self.given) == list(self.method.example)

    @property
    def scalars(self) -> list[str]:
        """The values that are no tensors, which a trace cannot take."""
        return [
            name
            for name, value in self.given.items()
            if not isinstance(value, Tensor)
        ]


def arguments_of(method: Method) -> Arguments:
    """Raises UsageError for an example value that no client could send."""
    given, structure = _flatten(method.example)
    for name, value in given.items():
        if isinstance(value, Tensor):
            check_dtype(name, value)
        if not isinstance(value, (Tensor, bool, int, float, str)):
            raise UsageError(
                f"input '{name}' of {method.name} is {_named(value)}, "
                "expected a tensor, bool, int, float, str, None or a "
                f"structure of them{_advice(value)}"
            )
    return Arguments(method, structure, given)


def _flatten(arguments: dict[str, object]) -> tuple[Inputs, Structure]:
    inputs: dict[str, Leaf] = {}
    structures: list[list[object]] = []
    for name, value in arguments.items():
        try:
            leaves, structure = flatten(value, name)
        except MetadataError as error:
            raise UsageError(f"input '{name}': {error}") from None
        inputs.update(leaves)
        structures.append([name, structure])
    return inputs, {"dict": structures}


def _named(value: object) -> str:
    kind = type(value)
    return f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")


def _advice(value: object) -> str:
    if type(value).__module__.startswith("numpy"):
        return "; use torch.from_numpy"
    return ""
