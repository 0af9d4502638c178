"""What the exporter advises makes a right trace of a wrong one."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sconce.export import ExportReport
from tests.models.export import traps

Exported = Callable[..., ExportReport]


@torch.jit.script_if_tracing
def root_or_square(x: Tensor) -> Tensor:
    if x.sum() > 0:
        return torch.sqrt(x)
    return torch.square(x)


@torch.jit.script_if_tracing
def repeated(x: Tensor, n: Tensor) -> Tensor:
    for _ in range(int(n)):
        x = torch.tanh(x) * 2
    return x


@torch.jit.script_if_tracing
def resized(x: Tensor, scale: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=float(scale.item()))


class ScriptedGate(nn.Module):
    """A scripted part inside a model that is traced."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.gate = torch.jit.script(traps.Gate())

    def forward(self, x: Tensor) -> Tensor:
        return self.gate(self.linear(x))


def assert_traced(report: ExportReport) -> None:
    assert report.how == "trace"
    assert not report.chosen.remarks
    assert not report.mismatches


def test_a_branch_under_script_if_tracing(exported: Exported) -> None:
    report = exported(lambda x: root_or_square(x) + 1, (torch.rand(4),))
    assert_traced(report)


def test_a_loop_under_script_if_tracing(exported: Exported) -> None:
    report = exported(
        lambda x, n: repeated(x, n), (torch.rand(4), torch.tensor(3))
    )
    assert_traced(report)
    names = [one.variation for one in report.chosen.checked]
    assert "n=4" in names


def test_a_size_under_script_if_tracing(exported: Exported) -> None:
    report = exported(
        lambda x, scale: resized(x, scale),
        (torch.rand(1, 3, 4, 4), torch.tensor(2)),
    )
    assert_traced(report)


def test_a_scripted_submodule(exported: Exported) -> None:
    assert_traced(exported(ScriptedGate(), (torch.randn(2, 4),)))


def test_a_size_instead_of_len(exported: Exported) -> None:
    report = exported(lambda x: x.new_zeros(x.shape[0]), (torch.rand(5),))
    assert_traced(report)


def test_a_mean_that_stays_a_tensor(exported: Exported) -> None:
    assert_traced(exported(lambda x: x / x.mean(), (torch.rand(2, 3),)))
