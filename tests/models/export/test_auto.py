"""How `auto` chooses between a trace and a script."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from sconce.export import ExportError, ExportReport, export

Exported = Callable[..., ExportReport]


class Checked(nn.Module):
    """Warned of by the tracer, and right all the same."""

    def forward(self, x: Tensor) -> Tensor:
        if x.isnan().sum() > x.numel():
            raise ValueError("more missing values than values")
        return x * 2


class CheckedUnscriptable(Checked):
    def forward(self, x: Tensor) -> Tensor:
        return [*[super().forward(x)]][0]


class RareBranch(nn.Module):
    """A branch that only large values take."""

    def forward(self, x: Tensor) -> Tensor:
        if x.mean() > 15:
            return x + 1
        return x


def test_a_trace_without_a_doubt_is_taken(exported: Exported) -> None:
    report = exported(nn.Linear(4, 2), (torch.randn(2, 4),))
    assert report.how == "trace"
    assert len(report.attempts) == 1


def test_a_script_is_taken_before_a_trace_with_warnings(
    exported: Exported,
) -> None:
    report = exported(Checked(), (torch.randn(2, 4),))
    assert report.how == "script"
    assert report.attempts[0].is_right
    assert "the tracer warned of 1 line" in report.attempts[0].reason


def test_a_trace_with_warnings_is_taken_where_no_script_is_right(
    exported: Exported,
) -> None:
    report = exported(CheckedUnscriptable(), (torch.randn(2, 4),))
    assert report.how == "trace"
    assert [attempt.how for attempt in report.attempts] == ["trace", "script"]
    (note,) = report.metadata.notes
    assert "no input was found that shows a difference" in note
    assert "test_auto.py:" in note


def test_random_values_are_tried_on_a_trace_with_warnings(
    exported: Exported,
) -> None:
    report = exported(CheckedUnscriptable(), (torch.randn(2, 4),))
    names = [one.variation for one in report.chosen.checked]
    assert "random values 0" in names


def test_random_values_find_a_rare_branch(exported: Exported) -> None:
    report = exported(
        RareBranch(), (torch.randn(2, 4),), how="trace", allow_mismatch=True
    )
    (mismatch,) = report.mismatches
    assert mismatch.variation.startswith("random values")


def test_the_same_example_gives_the_same_report(target: object) -> None:
    x = torch.randn(2, 4)
    first, second = (export(Checked(), (x,), target) for _ in range(2))
    assert first.chosen.checked == second.chosen.checked


FAR = {
    "large values": (lambda x: x * 2 if x.max() > 9e3 else x, torch.rand(3)),
    "NaN": (lambda x: x * 0 if x.isnan().any() else x, torch.rand(3)),
    "an index": (lambda i: i * 0 if (i == 7).any() else i, torch.arange(4)),
    "a size": (lambda x: x * 2 if x.shape[0] > 99 else x, torch.rand(3)),
}


@pytest.mark.parametrize("name", FAR)
def test_a_branch_far_from_the_example_is_found(
    name: str, refused: Callable[..., ExportError]
) -> None:
    model, given = FAR[name]
    error = refused(model, (given,), how="trace")
    assert "the trace is wrong in" in error.message
