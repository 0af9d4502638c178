"""What torch.save wrote, by the value its pickle describes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sconce.check import advice
from sconce.check.finding import Finding, Kind
from sconce.check.pickle_tensors import (
    Known,
    children,
    label,
    named_tensors,
    tensor_of,
)
from sconce.check.pickle_values import (
    Made,
    Table,
    attributes_of,
    class_of,
    pairs_of,
)

SEARCH_DEPTH = 3
MAX_ENTRIES = 10_000


@dataclass(frozen=True)
class Saved:
    """A saved value. `form` says in which file format."""

    path: str
    form: str
    value: Any
    known: Known | None = None

    def finding(self) -> Finding:
        """What it is, with its tensors."""
        found = self._named()
        found.facts = {"format": self.form, **found.facts}
        found.tensors = named_tensors(self.value, self.known)
        return found

    def _named(self) -> Finding:
        if is_module(self.value):
            return self._module()
        if self._is_state_dict(self.value):
            return self._state_dict()
        if pairs_of(self.value) is not None and class_of(self.value) is None:
            return self._dict()
        if class_of(self.value) and not tensor_of(self.value, self.known):
            return self._other_object()
        return self._other_value()

    def _module(self) -> Finding:
        name = str(class_of(self.value))
        return Finding(
            Kind.MODULE,
            f"a whole module: an instance of {name}",
            {"class": name},
            advice=advice.MODULE,
            factory=advice.load_module(self.path, "", name),
            command=advice.EXPORT,
        )

    def _state_dict(self) -> Finding:
        return Finding(
            Kind.STATE_DICT,
            "a state_dict: weights without the code of the model",
            advice=advice.WEIGHTS,
            factory=advice.load_weights(self.path, "", self._is_safe),
            command=advice.EXPORT,
        )

    def _dict(self) -> Finding:
        facts = {"keys": self._keys()}
        modules = list(self._search(is_module))
        if modules:
            facts["module"] = ", ".join(where for where, _ in modules)
            return self._with_module(facts, *modules[0])
        weights = [where for where, _ in self._search(self._is_state_dict)]
        if weights:
            facts["state_dict"] = ", ".join(weights)
            return self._with_weights(facts, weights[0])
        return Finding(
            Kind.PICKLE,
            "a dict, without weights of a model",
            facts,
            advice=advice.NO_WEIGHTS,
        )

    def _with_module(
        self, facts: dict[str, str], where: str, module: Any
    ) -> Finding:
        name = str(class_of(module))
        return Finding(
            Kind.CHECKPOINT,
            f"a checkpoint with a whole module under {where}, an instance of "
            f"{name}",
            facts,
            advice=advice.MODULE,
            factory=advice.load_module(self.path, where, name),
            command=advice.EXPORT,
        )

    def _with_weights(self, facts: dict[str, str], where: str) -> Finding:
        return Finding(
            Kind.CHECKPOINT,
            f"a checkpoint of a training run; the weights are under {where}",
            facts,
            advice=advice.WEIGHTS,
            factory=advice.load_weights(self.path, where, self._is_safe),
            command=advice.EXPORT,
        )

    def _other_object(self) -> Finding:
        name = str(class_of(self.value))
        return Finding(
            Kind.PICKLE,
            f"a pickled object that is no PyTorch module: {name}",
            {"class": name},
            advice=advice.NO_MODEL,
        )

    def _other_value(self) -> Finding:
        if tensor_of(self.value, self.known):
            title = "a single tensor"
        elif named_tensors(self.value, self.known):
            title = "a list of tensors"
        else:
            kind = type(self.value).__name__
            title = f"a pickled {kind} without tensors"
            return Finding(Kind.PICKLE, title, advice=advice.NO_MODEL)
        return Finding(Kind.TENSORS, title, advice=advice.NO_WEIGHTS)

    def _is_state_dict(self, value: Any) -> bool:
        """Whether names stand for tensors, at least half of them; buffers of
        other kinds may be among them."""
        pairs = pairs_of(value)
        if not pairs or not all(isinstance(key, str) for key, _ in pairs):
            return False
        tensors = sum(1 for _, v in pairs if tensor_of(v, self.known))
        return 2 * tensors >= len(pairs)

    def _search(
        self, wanted: Callable[[Any], bool]
    ) -> Iterator[tuple[str, Any]]:
        """What is wanted, the outermost first, with where it is: subscripts
        for Python. What occurs twice is found once."""
        seen: set[int] = set()
        level: list[tuple[str, Any]] = [("", self.value)]
        for _ in range(SEARCH_DEPTH):
            deeper: list[tuple[str, Any]] = []
            for where, value in level:
                for key, each in pairs_of(value) or []:
                    if is_optimizer(each):
                        continue
                    if id(each) in seen or len(seen) >= MAX_ENTRIES:
                        continue
                    seen.add(id(each))
                    deeper.append((where + subscript(key), each))
            yield from (place for place in deeper if wanted(place[1]))
            level = deeper

    @property
    def _is_safe(self) -> bool:
        """Whether torch.load takes it with weights_only; the tar files of
        old it does not."""
        return self.known is None

    def _keys(self) -> str:
        """The outermost keys with what is there."""
        pairs = pairs_of(self.value) or []
        shown = [f"{label(k)} ({self._brief(v)})" for k, v in pairs[:20]]
        more = [f"{len(pairs) - 20} more"] if len(pairs) > 20 else []
        return ", ".join(shown + more)

    def _brief(self, value: Any) -> str:
        if tensor_of(value, self.known):
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


def subscript(key: Any) -> str:
    """`['model']`"""
    is_number = isinstance(key, int) and label(key) != "?"
    return f"[{key if is_number else label(key)!r}]"
