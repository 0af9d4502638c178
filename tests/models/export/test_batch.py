"""A batch is claimed only where n rows equal n single runs."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from sconce.export import ExportError, ExportReport, UsageError, export
from tests.models.export import traps

Exported = Callable[..., ExportReport]


def claim(report: ExportReport) -> str | None:
    return report.metadata.methods["forward"].batch


def centred(x: Tensor) -> Tensor:
    return x - x.mean(0)


def test_rows_of_a_linear_layer_are_independent(exported: Exported) -> None:
    assert claim(exported(nn.Linear(4, 2), (torch.randn(2, 4),))) == "batch"


@pytest.mark.parametrize("rows", [1, 2])
def test_a_mean_over_the_batch_is_none(rows: int, exported: Exported) -> None:
    model = traps.MeanDivision().eval()
    report = exported(model, (torch.rand(rows, 3, 3, 6, 6),))
    assert claim(report) is None
    reason = report.explored[0].domain.batch_reason
    assert "3 rows at once differ from 3 single runs" in reason


@pytest.mark.parametrize("seed", range(6))
def test_a_sum_that_decides_a_branch_is_none(
    seed: int, exported: Exported
) -> None:
    cell = traps.Cell()
    torch.manual_seed(seed)
    report = exported(cell, (torch.randn(3, 4), torch.randn(3, 4)))
    assert claim(report) is None


def test_a_mean_over_rows_is_none_in_a_trace_too(exported: Exported) -> None:
    report = exported(centred, (torch.randn(2, 4),))
    assert report.how == "trace"
    assert claim(report) is None


def test_an_output_without_rows_is_none(exported: Exported) -> None:
    report = exported(lambda x: (x * 2, x.sum()), (torch.randn(2, 4),))
    assert claim(report) is None


def test_an_input_without_rows_is_none(exported: Exported) -> None:
    report = exported(
        lambda x, scale: x * scale, (torch.randn(2, 4), torch.tensor(2.0))
    )
    assert claim(report) is None


def test_numbers_beside_the_rows_do_no_harm(exported: Exported) -> None:
    assert claim(exported(traps.Scaled(), (torch.randn(2, 4), 3))) == "batch"


def test_no_claim_is_made_where_none_is_wanted(exported: Exported) -> None:
    report = exported(nn.Linear(4, 2), (torch.randn(2, 4),), batch=None)
    assert claim(report) is None


def test_a_claim_by_name_has_to_hold(target: object) -> None:
    with pytest.raises(ExportError, match="'rows' is no batch dimension"):
        export(
            centred,
            (torch.randn(2, 4),),
            target,
            dynamic={"x": {0: "rows"}},
            batch="rows",
        )


def test_a_claim_for_an_unknown_name(target: object) -> None:
    with pytest.raises(UsageError, match="no dynamic dimension 'rows'"):
        export(nn.Linear(4, 2), (torch.randn(2, 4),), target, batch="rows")


def test_a_claim_for_another_dimension_than_the_first(target: object) -> None:
    with pytest.raises(ExportError, match="not the first of an input"):
        export(
            nn.ReLU(),
            (torch.randn(2, 4),),
            target,
            dynamic={"input": {0: "rows", 1: "width"}},
            batch="width",
        )


def test_rows_that_a_size_makes_disappear_are_none(
    exported: Exported,
) -> None:
    """Z16: an empty input has an answer of its own."""

    class Empty(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            if x.numel() == 0:
                return torch.zeros(0, 2)
            return x.sum(1, keepdim=True).expand(-1, 2)

    report = exported(Empty(), (torch.randn(3, 4),), how="script")
    assert claim(report) is None
    reason = report.explored[0].domain.batch_reason
    assert "x_dim1=0" in reason and "another number of rows" in reason
    assert report.metadata.methods["forward"].outputs[0].shape == ("?", 2)


LENGTHS = torch.tensor([5, 3])
MIXED = {
    "largest length": (
        lambda x, n: x / n.max(),
        (torch.ones(2, 5), LENGTHS),
    ),
    "largest index": (lambda i: i * i.max(), (LENGTHS,)),
    "classes in the batch": (
        lambda i: torch.nn.functional.one_hot(i),
        (LENGTHS,),
    ),
    "any of a mask": (
        lambda x, mask: x * mask.any(),
        (torch.ones(2, 5), torch.ones(2, 5, dtype=torch.bool)),
    ),
    "all of a mask": (
        lambda x, mask: torch.where(mask.all(), x, -x),
        (torch.ones(2, 5), torch.ones(2, 5, dtype=torch.bool)),
    ),
    "a limit that is rarely met": (
        lambda x: x / torch.clamp(x.abs().max(), min=50.0),
        (torch.ones(2, 4),),
    ),
}


@pytest.mark.parametrize("name", MIXED)
def test_rows_that_meet_in_one_number_are_none(
    name: str, exported: Exported
) -> None:
    """No value is read into Python here, so that nothing warns."""
    model, inputs = MIXED[name]
    report = exported(model, inputs)
    assert report.how == "trace"
    assert claim(report) is None


def test_rounding_of_another_kernel_is_no_difference(
    exported: Exported,
) -> None:
    model = nn.Conv2d(3, 4, 3, padding=1).eval()
    assert claim(exported(model, (torch.randn(1, 3, 8, 8),))) == "batch"
