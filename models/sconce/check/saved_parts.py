"""The parts of what torch.save wrote: weights, modules, optimizers."""

from collections.abc import Callable, Iterator
from typing import Any

from sconce.check.pickle_tensors import Known, children, label, tensor_of
from sconce.check.pickle_values import (
    Made,
    Table,
    attributes_of,
    class_of,
    pairs_of,
)

WRAPPERS = ("module.", "_orig_mod.")
SEARCH_DEPTH = 3
MAX_ENTRIES = 10_000


def is_state_dict(value: Any, known: Known | None) -> bool:
    """Whether names stand for tensors, at least half of them; buffers of
    other kinds may be among them."""
    pairs = pairs_of(value)
    if not pairs or not all(isinstance(key, str) for key, _ in pairs):
        return False
    tensors = sum(1 for _, v in pairs if tensor_of(v, known))
    return 2 * tensors >= len(pairs)


def search(
    value: Any, wanted: Callable[[Any], bool]
) -> Iterator[tuple[str, Any]]:
    """What is wanted, the outermost first, with where it is: subscripts
    for Python. What occurs twice is found once."""
    seen: set[int] = set()
    level: list[tuple[str, Any]] = [("", value)]
    for _ in range(SEARCH_DEPTH):
        deeper: list[tuple[str, Any]] = []
        for where, outer in level:
            for key, each in pairs_of(outer) or []:
                if is_optimizer(each):
                    continue
                if id(each) in seen or len(seen) >= MAX_ENTRIES:
                    continue
                seen.add(id(each))
                deeper.append((where + subscript(key), each))
        yield from (place for place in deeper if wanted(place[1]))
        level = deeper


def keys_text(value: Any, known: Known | None) -> str:
    """The outermost keys with what is there."""
    pairs = pairs_of(value) or []
    shown = [f"{label(k)} ({_brief(v, known)})" for k, v in pairs[:20]]
    more = [f"{len(pairs) - 20} more"] if len(pairs) > 20 else []
    return ", ".join(shown + more)


def _brief(value: Any, known: Known | None) -> str:
    if tensor_of(value, known):
        return "tensor"
    if isinstance(value, Made) and class_of(value):
        count = len(pairs_of(value) or [])
        return f"dict of {count}" if count else str(class_of(value))
    if isinstance(value, (Table, list, tuple)):
        kind = "dict" if isinstance(value, Table) else "list"
        return f"{kind} of {len(list(children(value)))}"
    return "None" if value is None else type(value).__name__


def is_module(value: Any) -> bool:
    """Whether an instance has what every nn.Module has."""
    names = {
        name for name, _ in attributes_of(value) if isinstance(name, str)
    }
    return class_of(value) is not None and "_modules" in names


def is_optimizer(value: Any) -> bool:
    """Whether it is the state of a torch.optim.Optimizer, whose tensors are
    no weights."""
    names = [key for key, _ in (pairs_of(value) or [])[:3]]
    return names == ["state", "param_groups"]


def wrapper_prefix(weights: Any) -> str:
    """What DataParallel or torch.compile put before every name."""
    names = [str(key) for key, _ in pairs_of(weights) or []]
    for prefix in WRAPPERS:
        if names and all(name.startswith(prefix) for name in names):
            return prefix
    return ""


def subscript(key: Any) -> str:
    """`['model']`"""
    is_number = isinstance(key, int) and label(key) != "?"
    return f"[{key if is_number else label(key)!r}]"
