"""The first runs of a model: it answers, and the same each time."""

import torch
from torch import Tensor

from sconce.export.arguments import Arguments
from sconce.export.comparison import compare
from sconce.export.errors import ExportError
from sconce.export.leaves import Leaf
from sconce.export.runner import Answer, Refusal, Runner
from sconce.export.tolerances import Tolerances, check_dtype
from sconce.export.value_changes import value_variations
from sconce.export.value_reads import ValueReads

CALLS = 8  # in a row, where a model changes itself
_RANDOM = (
    "look for dropout (F.dropout needs training=self.training), torch.rand*, "
    "noise, and state that forward changes"
)


def check_example(
    arguments: Arguments, runner: Runner, tolerances: Tolerances
) -> bool:
    """Runs the example twice: it has to answer, and the same both times.

    Returns whether the model read values into Python. That is watched in a
    run of its own: PyTorch leaves its fused operators out while it is.
    """
    name = arguments.method.name
    first = runner.run(arguments.given)
    generator = torch.get_rng_state()
    second = runner.run(arguments.given)
    drawn = not torch.equal(generator, torch.get_rng_state())
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
    if found or drawn:
        saw = (
            f"two runs on the same input differ in {found.output} "
            f"({found.text})"
            if found
            else "it draws random numbers"
        )
        raise ExportError(f"{name} is not deterministic: {saw}; {_RANDOM}")
    with ValueReads() as reads:
        runner.run(arguments.given)
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
    rows = [runner.run_all([given] * CALLS)]
    rows += [runner.run_all([one] * CALLS + [given])[-1:] for one in others]
    for after in [result for row in rows for result in row]:
        if not isinstance(alone, Answer) or not isinstance(after, Answer):
            return True
        if compare(after.outputs, alone.outputs, tolerances).difference:
            return True
    return False
