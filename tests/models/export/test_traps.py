"""What a trace loses is found, with the line of code at fault."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

from sconce.export import ExportError, ExportReport
from tests.models.export import traps

Refused = Callable[..., ExportError]
Exported = Callable[..., ExportReport]


@dataclass(frozen=True)
class Trap:
    model: Callable[[], Any]
    inputs: Callable[[], tuple[Any, ...]]
    line: str  # of the code at fault
    broken: str  # part of the name of a variation that has to break

    def __str__(self) -> str:
        return getattr(self.model(), "__name__", type(self.model()).__name__)


TRAPS = [
    Trap(
        traps.Cell,
        lambda: (torch.randn(3, 4), torch.randn(3, 4)),
        "if x.sum() > 0:",
        "",
    ),
    Trap(
        traps.Gate,
        lambda: (torch.rand(2, 3),),
        "if x.sum() > 0:",
        "negated",
    ),
    Trap(
        lambda: traps.root_or_square,
        lambda: (torch.rand(4),),
        "if x.sum() > 0:",
        "negated",
    ),
    Trap(
        lambda: traps.count_rows,
        lambda: (torch.rand(5),),
        "return torch.arange(len(x))",
        "x_dim0=6",
    ),
    Trap(
        lambda: traps.MeanDivision().eval(),
        lambda: (torch.rand(1, 3, 3, 6, 6),),
        "x.mean().item()",
        "10 times",
    ),
    Trap(
        lambda: traps.Upscale().eval(),
        lambda: (torch.rand(1, 3, 6, 6), torch.tensor(2)),
        "factor = float(scale.item())",
        "scale=3",
    ),
    Trap(
        lambda: traps.Repeat().eval(),
        lambda: (torch.rand(1, 1, 6, 6), torch.tensor(3)),
        "for _ in range(int(n)):",
        "n=4",
    ),
    Trap(
        lambda: traps.larger,
        lambda: (torch.rand(2, 3), torch.rand(2, 3) + 1),
        "if x.max() > y.max():",
        "x 10 times",
    ),
]


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_names_the_line_that_a_trace_gets_wrong(
    trap: Trap, refused: Refused
) -> None:
    error = refused(trap.model(), trap.inputs(), how="trace")
    assert "the trace is wrong in" in error.message
    remarks = [
        line
        for line in error.details
        if trap.line in line and "traps.py:" in line
    ]
    assert remarks, error.details
    number = int(remarks[0].split("traps.py:")[1].split(" ")[0])
    source = inspect.getsource(traps).splitlines()
    assert trap.line in source[number - 1]
    assert "; look at" in error.message
    assert f"traps.py:{number}" in error.message


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_names_the_variation_that_broke(
    trap: Trap, exported: Exported
) -> None:
    report = exported(
        trap.model(), trap.inputs(), how="trace", allow_mismatch=True
    )
    broken = [mismatch.variation for mismatch in report.mismatches]
    assert any(trap.broken in name for name in broken), broken


@pytest.mark.parametrize("trap", TRAPS, ids=str)
def test_auto_falls_back_to_a_script(trap: Trap, exported: Exported) -> None:
    report = exported(trap.model(), trap.inputs())
    assert report.how == "script"
    assert "the trace is wrong in" in report.attempts[0].reason
    assert not report.mismatches


def test_loop_over_rows_is_scripted(exported: Exported) -> None:
    report = exported(traps.Loop(), (torch.randn(5, 2, 4),))
    assert report.how == "script"
    sizes = report.metadata.methods["forward"].inputs[0].shape
    assert sizes == ("xs_dim0", 2, 4)


def test_says_which_output_differs_and_by_how_much(refused: Refused) -> None:
    error = refused(traps.Gate(), (torch.tensor([[1.0, 2.0]]),), how="trace")
    assert "output_0" in error.message
    assert "expected 1, got -1; largest difference 4" in error.message
    assert "rtol 0.0001, atol 1e-05" in error.message


def test_a_branch_behind_weights_is_found_for_many_seeds(
    refused: Refused,
) -> None:
    for seed in range(8):
        cell = traps.Cell()
        torch.manual_seed(seed)
        inputs = (torch.randn(3, 4), torch.randn(3, 4))
        error = refused(cell, inputs, how="trace")
        assert "the trace is wrong in" in error.message


def test_numpy_is_named_where_neither_way_is_right(refused: Refused) -> None:
    error = refused(traps.NumpyRoot(), (torch.randn(2, 3),))
    assert "neither a trace nor a script is right" in error.message
    lines = [line for line in error.details if line.startswith("numpy: ")]
    assert any("root = np.sqrt(np.abs(x.numpy()))" in line for line in lines)
    assert any(
        "return torch.from_numpy(root) + x" in line for line in error.details
    )


def test_numpy_alone_leaves_an_input_unread(refused: Refused) -> None:
    def doubled(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(x.numpy() * 2)

    error = refused(doubled, (torch.randn(2, 3),), how="trace")
    assert any("never reads the input 'x'" in line for line in error.details)


def test_a_library_that_was_called_is_not_at_fault(refused: Refused) -> None:
    """The warning is raised inside of NumPy; the line is that of the model."""

    def flat(x: torch.Tensor) -> torch.Tensor:
        count = int(np.prod(x.shape[1:]))
        return x.reshape(x.shape[0], count)

    error = refused(flat, (torch.randn(2, 3, 4),), how="trace")
    assert "; look at " in error.message
    assert "test_traps.py:" in error.message.rpartition("; look at ")[2]
    assert any("count = int(np.prod(" in line for line in error.details)


def test_a_trace_takes_no_numbers(refused: Refused) -> None:
    error = refused(traps.Scaled(), (torch.randn(2), 3), how="trace")
    assert "input 'n' is int 3: a trace takes tensors only" in error.message


def test_both_reasons_and_what_to_change(refused: Refused) -> None:
    class Both(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if x.sum() > 0:
                return x
            return {1: -x, 2: x}.get(1, *[])

    error = refused(Both(), (torch.rand(3),))
    assert "the trace is wrong in" in error.message
    assert "torch.jit.script refuses the model at" in error.message
    advice = [line for line in error.details if line.startswith("to do: ")]
    assert any("torch.jit.script the part" in line for line in advice)
    assert any("--allow-mismatch" in line for line in advice)
    remedy = "@torch.jit.script_if_tracing"
    assert any(remedy in line for line in error.details)
