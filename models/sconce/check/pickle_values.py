"""What a pickle describes, without the objects themselves.

Numbers, strings, bytes, tuples and lists stand for themselves.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Global:
    """A class or function by name; it is never imported."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A persistent id: in torch's pickles, a storage."""

    pid: Any


@dataclass(eq=False, slots=True)
class Table:
    """A dict; keys may be of any kind, so that it is a list of pairs."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Made:
    """What calling `function` would have made, never called; with the state
    set and the items added afterwards."""

    function: Any
    arguments: Any
    state: Any = None
    items: list[Any] = field(default_factory=list)
    pairs: list[tuple[Any, Any]] = field(default_factory=list)


def pairs_of(value: Any) -> list[tuple[Any, Any]] | None:
    """The pairs of a dict or of an instance of a dict class."""
    if isinstance(value, Table):
        return value.pairs
    if not isinstance(value, Made):
        return None
    if value.pairs or value.function == Global("collections", "OrderedDict"):
        return value.pairs + _initial_pairs(value.arguments)
    return None


def _initial_pairs(arguments: Any) -> list[tuple[Any, Any]]:
    """Python 2 wrote OrderedDict([[key, value], …])."""
    match arguments:
        case ([*pairs],):
            return [
                (pair[0], pair[1])
                for pair in pairs
                if isinstance(pair, (list, tuple)) and len(pair) == 2
            ]
    return []


def class_of(value: Any) -> Global | None:
    """The class of an instance; None for anything else."""
    if not isinstance(value, Made):
        return None
    made_by = value.function
    if isinstance(made_by, Global) and made_by.name in (
        "_reconstructor",
        "__newobj__",
    ):
        made_by = value.arguments[0] if value.arguments else None
    # Old torch.save kept a module's source beside its class.
    if isinstance(made_by, Reference) and isinstance(made_by.pid, tuple):
        made_by = made_by.pid[1] if len(made_by.pid) > 1 else None
    return made_by if isinstance(made_by, Global) else None


def attributes_of(value: Any) -> list[tuple[Any, Any]]:
    """Names and values that an instance's state sets."""
    state = value.state if isinstance(value, Made) else None
    # With slots, a state is (attributes, slots).
    parts = state[:2] if isinstance(state, tuple) else (state,)
    return [pair for part in parts for pair in pairs_of(part) or []]
