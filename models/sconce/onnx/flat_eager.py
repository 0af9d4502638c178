"""An eager method as a module of flat tensors in and flat tensors out."""

from torch import Tensor, nn

from sconce.export.adapter import Adapter, needs_adapter
from sconce.export.arguments import Arguments
from sconce.export.runner import Answer


def flat_eager(
    model: object, arguments: Arguments, answer: Answer
) -> nn.Module:
    """The model itself where it is flat already, which keeps its names.

    `model` is an nn.Module or a function, `answer` what it returned to the
    example of `arguments`.
    """
    plain = not needs_adapter(model, arguments, answer)
    if plain and isinstance(model, nn.Module) and _is_forward(arguments):
        return model
    return FlatModule(Adapter(model, [arguments]), arguments.method.name)


class FlatModule(nn.Module):
    """Calls one method of an adapter and drops the names of its outputs."""

    def __init__(self, adapter: Adapter, method: str) -> None:
        super().__init__()
        self.adapter = adapter
        self._method = method
        self.train(adapter.training)

    def forward(self, *values: Tensor) -> tuple[Tensor, ...] | Tensor:
        result = getattr(self.adapter, self._method)(*values)
        return tuple(result.values()) if isinstance(result, dict) else result


def _is_forward(arguments: Arguments) -> bool:
    return arguments.method.name == "forward"
