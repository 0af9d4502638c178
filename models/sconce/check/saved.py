"""What torch.save wrote, by the value its pickle describes."""

from dataclasses import dataclass
from typing import Any

from sconce.check import advice
from sconce.check.finding import Finding, Kind
from sconce.check.pickle_tensors import Known, named_tensors, tensor_of
from sconce.check.pickle_values import class_of, pairs_of
from sconce.check.saved_parts import (
    is_module,
    is_state_dict,
    keys_text,
    search,
    wrapper_prefix,
)


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
        if is_state_dict(self.value, self.known):
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
            factory=self._loading("", self.value),
            command=advice.EXPORT,
        )

    def _dict(self) -> Finding:
        facts = {"keys": keys_text(self.value, self.known)}
        modules = list(search(self.value, is_module))
        if modules:
            facts["module"] = ", ".join(where for where, _ in modules)
            return self._with_module(facts, *modules[0])
        weights = list(
            search(self.value, lambda v: is_state_dict(v, self.known))
        )
        if weights:
            facts["state_dict"] = ", ".join(where for where, _ in weights)
            return self._with_weights(facts, *weights[0])
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

    def _with_weights(
        self, facts: dict[str, str], where: str, weights: Any
    ) -> Finding:
        return Finding(
            Kind.CHECKPOINT,
            f"a checkpoint of a training run; the weights are under {where}",
            facts,
            advice=advice.WEIGHTS,
            factory=self._loading(where, weights),
            command=advice.EXPORT,
        )

    def _loading(self, where: str, weights: Any) -> str:
        """The function that loads a state_dict. The tar files of old cannot
        be loaded with weights_only."""
        is_safe = self.known is None
        prefix = wrapper_prefix(weights)
        return advice.load_weights(self.path, where, is_safe, prefix)

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
