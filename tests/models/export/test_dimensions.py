"""Which sizes may change is found by asking eager, or declared."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from sconce.export import ExportReport, UsageError, export

Exported = Callable[..., ExportReport]


class Embeds(nn.Module):
    """Two inputs that share both of their dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        kept = mask[..., None].float()
        return (self.words(ids) * kept).sum(1) / kept.sum(1).clamp(min=1e-9)


class Recurrent(nn.Module):
    """The state has its batch in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.GRU(4, 5, 2, batch_first=True)

    def forward(self, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        return self.cells(x, h)


def shapes(report: ExportReport) -> list[tuple[int | str, ...]]:
    spec = report.metadata.methods["forward"]
    return [value.shape for value in [*spec.inputs, *spec.outputs]]


def limits(report: ExportReport) -> dict[str, dict[str, int]]:
    return dict(report.metadata.methods["forward"].dimensions)


def test_a_convolution_takes_other_images(exported: Exported) -> None:
    model = nn.Conv2d(3, 4, 3, padding=1).eval()
    report = exported(model, (torch.randn(1, 3, 8, 8),))
    size = ("input_dim2", "input_dim3")
    assert shapes(report) == [("batch", 3, *size), ("batch", 4, *size)]


def test_a_size_that_follows_none_is_unknown(exported: Exported) -> None:
    model = nn.Conv2d(3, 4, 3).eval()
    report = exported(model, (torch.randn(1, 3, 8, 8),))
    assert shapes(report)[1] == ("batch", 4, "?", "?")
    assert limits(report)["input_dim2"] == {"min": 3}


def test_a_linear_layer_fixes_the_last(exported: Exported) -> None:
    report = exported(nn.Linear(4, 2), (torch.randn(3, 4),))
    assert shapes(report) == [("batch", 4), ("batch", 2)]
    assert limits(report) == {"batch": {"min": 0}}


@pytest.mark.parametrize("rows", [1, 2])
def test_inputs_that_share_dimensions_change_together(
    rows: int, exported: Exported
) -> None:
    ids = torch.randint(50, (rows, 6))
    report = exported(Embeds(), (ids, torch.ones_like(ids)))
    assert shapes(report) == [
        ("batch", "ids_dim1"),
        ("batch", "ids_dim1"),
        ("batch", 8),
    ]


def test_a_dimension_at_different_places(exported: Exported) -> None:
    report = exported(
        Recurrent(), (torch.randn(1, 7, 4), torch.randn(2, 1, 5))
    )
    assert shapes(report) == [
        ("x_dim0", "x_dim1", 4),
        (2, "x_dim0", 5),
        ("x_dim0", "x_dim1", 5),
        (2, "x_dim0", 5),
    ]
    assert report.metadata.methods["forward"].batch is None


def test_a_multiple_is_found(exported: Exported) -> None:
    def folded(x: Tensor) -> Tensor:
        return x.reshape(x.shape[0], -1, 4)

    report = exported(folded, (torch.randn(2, 16),))
    assert limits(report)["x_dim1"]["multiple"] == 4


def test_integers_stay_in_the_range_of_the_example(
    exported: Exported,
) -> None:
    ids = torch.tensor([[1, 7, 49]])
    report = exported(Embeds(), (ids, torch.ones_like(ids)))
    (one,) = report.explored
    assert not one.domain.outside
    seen = torch.cat(
        [case.variation.inputs["ids"].flatten() for case in one.domain.cases]
    )
    assert {1, 7, 49} >= set(seen.tolist()) - {0}


def test_what_eager_refuses_is_outside_the_domain(
    exported: Exported,
) -> None:
    class Choosy(nn.Module):
        def forward(self, x: Tensor, n: int) -> Tensor:
            if n < 2:
                raise ValueError("n must be 2 at least")
            return x * n

    report = exported(Choosy(), (torch.randn(2, 3), 2))
    outside = dict(report.explored[0].domain.outside)
    assert outside == {
        "n=1": "n must be 2 at least",
        "n=0": "n must be 2 at least",
    }


def test_declared_dimensions_are_the_only_ones(exported: Exported) -> None:
    report = exported(
        nn.Conv2d(3, 4, 3, padding=1).eval(),
        (torch.randn(1, 3, 8, 8),),
        dynamic={"input": {2: "height>=4%4"}},
    )
    assert shapes(report)[0] == (1, 3, "height", 8)
    assert limits(report) == {"height": {"min": 4, "multiple": 4}}
    names = [one.variation for one in report.chosen.checked]
    assert "height=12" in names
    assert "height=9" not in names


def test_declared_dimensions_may_be_shared(exported: Exported) -> None:
    ids = torch.randint(50, (2, 6))
    both = {0: "batch", 1: "length>=1"}
    report = exported(
        Embeds(),
        (ids, torch.ones_like(ids)),
        dynamic={"ids": both, "mask": both},
    )
    assert shapes(report)[0] == ("batch", "length")
    assert report.metadata.methods["forward"].batch == "batch"


@pytest.mark.parametrize(
    ("dynamic", "expected"),
    [
        ({"y": {0: "batch"}}, "no tensor input 'y' among input"),
        ({"input": {4: "batch"}}, "no dimension 4"),
        ({"input": {0: "3 rows"}}, "cannot read '3 rows'"),
        ({"input": {0: "n", 1: "n"}}, "'n' is 2 in 'input' and 4 in"),
        ({"input": {0: "n>=3"}}, "the example's 'n' is 2"),
        ({"input": {1: "width"}}, "eager PyTorch refuses 'width' at 5"),
    ],
)
def test_declarations_that_do_not_hold(
    dynamic: dict[str, dict[int, str]], expected: str, target: object
) -> None:
    with pytest.raises(UsageError) as caught:
        export(
            nn.Linear(4, 2), (torch.randn(2, 4),), target, dynamic=dynamic
        )
    assert expected in caught.value.message


def test_an_image_size_that_makes_more_rows_is_fixed(
    exported: Exported,
) -> None:
    def features(x: Tensor) -> Tensor:
        return x.view(-1, 16) * 2

    report = exported(features, (torch.randn(4, 16),))
    assert shapes(report) == [("batch", 16), ("batch", 16)]


def test_more_examples_have_to_be_right(exported: Exported) -> None:
    report = exported(
        nn.Linear(4, 2),
        (torch.randn(2, 4),),
        more_examples=[(torch.randn(3, 4),), {"input": torch.zeros(1, 4)}],
    )
    names = [one.variation for one in report.chosen.checked]
    assert names[:3] == ["given", "more example 1", "more example 2"]
