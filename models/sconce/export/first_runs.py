"""The first runs of a model: it answers, and the same each time."""

from torch import Tensor

from sconce.export.arguments import Arguments
from sconce.export.comparison import compare
from sconce.export.errors import ExportError
from sconce.export.leaves import Leaf
from sconce.export.runner import Answer, Refusal, Runner
from sconce.export.tolerances import Tolerances, check_dtype
from sconce.export.value_changes import value_variations
from sconce.export.value_reads import ValueReads


def check_example(
    arguments: Arguments, runner: Runner, tolerances: Tolerances
) -> bool:
    """Runs the example twice: it has to answer, and the same both times.

    Returns whether the model read values into Python.
    """
    name = arguments.method.name
    with ValueReads() as reads:
        first = runner.run(arguments.given)
    second = runner.run(arguments.given)
    for result in (first, second):
        if isinstance(result, Refusal):
            raise ExportError(
                f"eager PyTorch fails on the example of {name}: "
                f"{result.reason}"
            )
    assert isinstance(first, Answer) and isinstance(second, Answer)
    if not first.outputs:
        raise ExportError(
            f"{name} returns nothing that a server could send; return a tensor"
        )
    for output, value in first.outputs.items():
        _check_output(name, output, value)
    found = compare(second.outputs, first.outputs, tolerances).difference
    if found:
        raise ExportError(
            f"{name} is not deterministic: two runs on the same input differ "
            f"in {found.output} ({found.text}); look for dropout "
            "(F.dropout needs training=self.training), torch.rand* and noise"
        )
    return bool(reads.count)


def _check_output(method: str, output: str, value: Leaf) -> None:
    if isinstance(value, Tensor):
        check_dtype(output, value)
    elif not isinstance(value, (bool, int, float, str)):
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        raise ExportError(
            f"{method} returns {kind} as '{output}', which no server can "
            "send: return tensors, or dicts, lists, tuples, NamedTuples or "
            "dataclasses of them"
        )


def remembers(
    arguments: Arguments, runner: Runner, tolerances: Tolerances
) -> bool:
    """Whether calls before it change the answer to the example."""
    given = arguments.given
    alone = runner.run(given)
    others = [each.inputs for each in value_variations(given)][:1]
    for before in [given, *others]:
        after = runner.run_all([before, given])[1]
        if not isinstance(alone, Answer) or not isinstance(after, Answer):
            return True
        if compare(after.outputs, alone.outputs, tolerances).difference:
            return True
    return False
