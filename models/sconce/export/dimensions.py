"""The dimensions that may change, as eager PyTorch accepts them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor

from sconce.export.leaves import Inputs
from sconce.export.variations import Axis, resized

Accepts = Callable[[Inputs], bool]
IsBatch = Callable[[tuple[Axis, ...]], bool]

# Tried upwards until eager accepts one: the smallest size that is claimed.
_SMALL = (0, 1, 2, 3, 4, 8, 16, 32, 64, 128, 256)
_STEPS = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Dimension:
    """A size that several axes share and that a request may choose."""

    name: str
    axes: tuple[Axis, ...]
    size: int
    minimum: int = 0
    multiple: int = 1

    def at(self, size: int) -> dict[Axis, int]:
        return {axis: size for axis in self.axes}


def tensor_axes(inputs: Inputs) -> dict[Axis, int]:
    """Every axis of every tensor with its size in the example."""
    return {
        Axis(name, index): size
        for name, value in inputs.items()
        if isinstance(value, Tensor)
        for index, size in enumerate(value.shape)
    }


def find_dimensions(
    inputs: Inputs, accepts: Accepts, is_batch: IsBatch
) -> list[Dimension]:
    """Asks eager, axis by axis, then for axes of equal size together.

    Axes 0 of equal size are tried together first: with a batch of one,
    broadcasting would accept each of them alone.
    """
    return _Search(inputs, accepts, is_batch).run()


def with_minimum(
    dimension: Dimension, inputs: Inputs, accepts: Accepts
) -> Dimension:
    """The smallest of a few sizes that eager accepts."""
    for size in _SMALL:
        if size >= dimension.size:
            break
        if size % dimension.multiple or size < dimension.minimum:
            continue
        if accepts(resized(inputs, dimension.at(size))):
            return replace(dimension, minimum=size)
    return replace(dimension, minimum=dimension.size)


class _Search:
    """One search; `left` holds the axes that are not decided yet."""

    def __init__(
        self, inputs: Inputs, accepts: Accepts, is_batch: IsBatch
    ) -> None:
        self._inputs = inputs
        self._accepts = accepts
        self._is_batch = is_batch
        self._left = tensor_axes(inputs)
        self._found: list[Dimension] = []

    def run(self) -> list[Dimension]:
        self._take_rows()
        for axis in list(self._left):
            self._take((axis,))
        for group in self._equal_sizes():
            if not self._take(group):
                self._take_by_index(group)
        return self._found

    def _take_rows(self) -> None:
        rows = [axis for axis in self._left if axis.index == 0]
        for size in {self._left[axis] for axis in rows}:
            group = tuple(a for a in rows if self._left[a] == size)
            if len(group) < 2:
                continue
            if not self._is_batch(group):
                group = tuple(a for a in group if self._is_tied(a, group))
            if len(group) > 1:
                self._take(group)

    def _is_tied(self, axis: Axis, group: tuple[Axis, ...]) -> bool:
        """Whether the axis cannot differ from the others of its group.

        Sizes 2 and 3: with a 1 among them broadcasting would accept both.
        """
        sizes = {**dict.fromkeys(group, 2), axis: 3}
        return not self._accepts(resized(self._inputs, sizes))

    def _take_by_index(self, group: tuple[Axis, ...]) -> None:
        """Axes at the same place: [batch, length] beside [batch, length]."""
        for index in {axis.index for axis in group}:
            same = tuple(axis for axis in group if axis.index == index)
            if 1 < len(same) < len(group):
                self._take(same)

    def _equal_sizes(self) -> list[tuple[Axis, ...]]:
        groups: dict[int, list[Axis]] = {}
        for axis, size in self._left.items():
            groups.setdefault(size, []).append(axis)
        return [tuple(group) for group in groups.values() if len(group) > 1]

    def _take(self, axes: tuple[Axis, ...]) -> bool:
        multiple = self._multiple(axes)
        if not multiple:
            return False
        size = self._left[axes[0]]
        name = f"{axes[0].input}_dim{axes[0].index}"
        self._found.append(Dimension(name, axes, size, multiple=multiple))
        for axis in axes:
            del self._left[axis]
        return True

    def _multiple(self, axes: tuple[Axis, ...]) -> int:
        """The step between accepted sizes; 0 when the size is fixed."""
        size = self._left[axes[0]]
        if self._grows(axes, size + 1):
            # From 1 to 2 alone could be broadcasting against a fixed 2.
            return int(size > 1 or self._grows(axes, 3))
        if size < 2 or not self._grows(axes, size * 2):
            return 0
        steps = [step for step in _STEPS if size % step == 0]
        return next(
            (step for step in steps if self._grows(axes, size + step)), size
        )

    def _grows(self, axes: tuple[Axis, ...], size: int) -> bool:
        return self._accepts(
            resized(self._inputs, {axis: size for axis in axes})
        )
