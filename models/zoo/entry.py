"""What a zoo factory returns: a module and all that is needed to export it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any, Literal

from torch import nn

from models.zoo.config import ModelConfig

# Arguments by the names that `forward` gives them, in its order.
Inputs = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """One call of a method."""

    inputs: Inputs
    method: str = "forward"


@dataclass(frozen=True)
class Trap:
    """A tempting export of the same case that the exporter must refuse.

    `because` is a regular expression that the refusal has to contain. Without
    a `module` of its own the trap is the entry's, exported in another way;
    without `inputs` it gets the entry's.
    """

    how: Literal["trace", "script"]
    because: str
    _: KW_ONLY
    module: nn.Module | Callable[..., Any] | None = None
    inputs: Inputs | None = None


@dataclass(frozen=True)
class ZooModel:
    """A module in eval mode, example inputs and the way to TorchScript.

    Without a `config` the server has to find out everything by itself.

    `row`            the case of the documentation's table, e.g. "Z2"
    `methods`        example inputs of the methods exported beside `forward`
    `dynamic`        names of the dimensions that may change, as the exporter
                     takes them; None leaves it to find them
    `more_examples`  further examples for the exporter
    `unseen`         calls that the exporter never sees: what is served has to
                     equal eager PyTorch on these too
    `batched`        whether the rows of dimension 0 are independent, which
                     the exporter has to find out
    `reference`      what eager PyTorch computes, where `module` itself holds
                     traces or scripts; the module without one
    `labels`         names of the classes of the first output
    `bare_suffix`    suffix of the file that stands alone in the repository,
                     where the model is about that
    `copied_from`    an archive by others that is served as it is
    """

    name: str
    module: nn.Module | Callable[..., Any]
    inputs: Inputs
    how: Literal["auto", "trace", "script", "copy"]
    config: ModelConfig | None = None
    _: KW_ONLY
    row: str = ""
    methods: Mapping[str, Inputs] = field(default_factory=dict)
    dynamic: Mapping[str, Mapping[int, str]] | None = None
    more_examples: tuple[Inputs, ...] = ()
    unseen: tuple[Call, ...] = ()
    batched: bool = False
    reference: Callable[..., Any] | None = None
    labels: Sequence[str] | None = None
    bare_suffix: str | None = None
    copied_from: Path | None = None
    traps: tuple[Trap, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.module, nn.Module):
            self.module.eval()
            for parameter in self.module.parameters():
                parameter.requires_grad_(False)

    def eager(self, call: Call) -> Any:
        """What eager PyTorch answers; may change the tensors it is given."""
        subject = self.reference or self.module
        if call.method != "forward":
            subject = getattr(subject, call.method)
        return subject(**call.inputs)
