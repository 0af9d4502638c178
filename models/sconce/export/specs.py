"""Describes a method for the metadata, from what the runs have shown."""

from dataclasses import replace

from torch import Tensor

from sconce.archive import MethodSpec, Scalar, ValueSpec
from sconce.export.arguments import Arguments
from sconce.export.dimensions import Dimension
from sconce.export.domain import Domain
from sconce.export.leaves import Leaf
from sconce.export.tolerances import DTYPE_NAMES
from sconce.export.variations import Axis

UNKNOWN = "?"
Shape = tuple[int | str, ...]


def method_spec(
    arguments: Arguments,
    domain: Domain,
    defaults: dict[str, Scalar],
    adapted: bool,
) -> MethodSpec:
    """`defaults`: of the archive's schema, by argument name."""
    given = domain.cases[0].answer
    return MethodSpec(
        inputs=_inputs(arguments, domain, defaults),
        outputs=tuple(
            _output(name, value, domain)
            for name, value in given.outputs.items()
        ),
        dimensions={d.name: _limits(d) for d in domain.dimensions},
        batch=domain.batch,
        input_structure=arguments.structure,
        output_structure=given.structure,
        adapter=adapted,
    )


def named(value: Leaf, name: str) -> ValueSpec:
    """Kind and dtype of a value; a tensor's shape as it is."""
    if isinstance(value, Tensor):
        dtype = DTYPE_NAMES[value.dtype]
        return ValueSpec(name, "tensor", dtype, tuple(value.shape))
    kind = "none" if value is None else type(value).__name__
    return ValueSpec(name, kind)


def _inputs(
    arguments: Arguments, domain: Domain, defaults: dict[str, Scalar]
) -> tuple[ValueSpec, ...]:
    symbols = {
        axis: one.name for one in domain.dimensions for axis in one.axes
    }
    specs = [
        _with_default(_input(name, value, symbols, domain), defaults)
        for name, value in arguments.given.items()
    ]
    for name, value in defaults.items():
        if name not in arguments.method.example and value is not None:
            specs.append(_with_default(named(value, name), defaults))
    return tuple(specs)


def _input(
    name: str, value: Leaf, symbols: dict[Axis, str], domain: Domain
) -> ValueSpec:
    spec = named(value, name)
    if not isinstance(value, Tensor):
        return spec
    shape = tuple(
        symbols.get(Axis(name, index)) or _fixed(name, index, size, domain)
        for index, size in enumerate(value.shape)
    )
    return replace(spec, shape=shape)


def _fixed(name: str, index: int, size: int, domain: Domain) -> int | str:
    """The size, unless another example that was given has another."""
    for case in domain.cases:
        value = case.variation.inputs[name]
        if isinstance(value, Tensor) and value.ndim > index:
            if value.shape[index] != size:
                return UNKNOWN
    return size


def _with_default(spec: ValueSpec, defaults: dict[str, Scalar]) -> ValueSpec:
    if spec.name not in defaults:
        return spec
    return replace(spec, optional=True, default=defaults[spec.name])


def _output(name: str, value: Leaf, domain: Domain) -> ValueSpec:
    spec = named(value, name)
    if not isinstance(value, Tensor):
        return spec
    return replace(spec, shape=_output_shape(name, value, domain))


def _output_shape(name: str, value: Tensor, domain: Domain) -> Shape | None:
    """None where the number of dimensions depends on the input."""
    seen = []
    for case in domain.cases:
        found = case.answer.outputs.get(name)
        if not isinstance(found, Tensor):
            continue
        if found.ndim != value.ndim:
            return None
        seen.append((_sizes(case.variation.inputs, domain), found.shape))
    return tuple(
        _size([(sizes, shape[axis]) for sizes, shape in seen])
        for axis in range(value.ndim)
    )


def _size(seen: list[tuple[dict[str, int], int]]) -> int | str:
    """A number, the name of the dimension it always equals, or "?"."""
    numbers = {number for _, number in seen}
    if len(numbers) == 1:
        return numbers.pop()
    for name in seen[0][0]:
        if all(sizes[name] == number for sizes, number in seen):
            return name
    return UNKNOWN


def _sizes(inputs: dict[str, Leaf], domain: Domain) -> dict[str, int]:
    found = {}
    for dimension in domain.dimensions:
        axis = dimension.axes[0]
        value = inputs[axis.input]
        assert isinstance(value, Tensor)
        found[dimension.name] = value.shape[axis.index]
    return found


def _limits(dimension: Dimension) -> dict[str, int]:
    limits = {"min": dimension.minimum}
    if dimension.multiple > 1:
        limits["multiple"] = dimension.multiple
    return limits
