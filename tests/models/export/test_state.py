"""Models that change themselves or their inputs."""

import copy
import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sconce.export import ExportError, ExportReport

Exported = Callable[..., ExportReport]
Refused = Callable[..., ExportError]

INPUT = (torch.ones(2, 3),)


class Counter(nn.Module):
    """Counts its calls in a buffer, in place: a trace carries that."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x + self.calls


class Running(nn.Module):
    """Assigns an attribute: a trace loses that."""

    def __init__(self) -> None:
        super().__init__()
        self.total = torch.zeros(1)

    def forward(self, x: Tensor) -> Tensor:
        self.total = self.total + x.mean()
        return x + self.total


class AddsInPlace(nn.Module):
    """Z9: the first input is written to."""

    def forward(self, x1: Tensor, x2: Tensor, x3: Tensor) -> Tensor:
        x1 += x2
        x1 += x3
        return x1


def notes(report: ExportReport) -> str:
    return "\n".join(report.metadata.notes)


def test_state_is_recorded_and_no_batch_claimed(exported: Exported) -> None:
    report = exported(Counter(), INPUT)
    assert report.how == "trace"
    assert "stateful: a call changes calls" in notes(report)
    assert report.metadata.methods["forward"].batch is None


def test_the_archive_starts_where_the_model_stood(exported: Exported) -> None:
    model = Counter()
    model.calls.fill_(41)
    report = exported(model, INPUT)
    archive = torch.jit.load(str(report.path))
    assert archive(torch.zeros(1)).item() == 42
    assert model.calls.item() == 41


def test_state_that_a_trace_loses_is_a_mismatch(refused: Refused) -> None:
    error = refused(Running(), INPUT, how="trace")
    assert "'second call'" in "\n".join([error.message, *error.details])


def test_state_that_a_script_keeps(exported: Exported) -> None:
    report = exported(Running(), INPUT)
    assert report.how == "script"
    assert "stateful: a call changes total" in notes(report)


def test_the_model_is_left_as_it_was(exported: Exported) -> None:
    model = Running()
    before = copy.deepcopy(model.total)
    exported(model, INPUT)
    assert torch.equal(model.total, before)


def test_state_of_a_scripted_module(exported: Exported) -> None:
    scripted = torch.jit.script(Running())
    report = exported(scripted, INPUT)
    assert "stateful: a call changes total" in notes(report)
    assert scripted.total.item() == 0


def test_scripted_state_inside_a_module(exported: Exported) -> None:
    model = nn.Sequential(torch.jit.script(Running()))
    report = exported(model, INPUT)
    assert "stateful: a call changes 0.total" in notes(report)


def test_inputs_changed_in_place_are_recorded(exported: Exported) -> None:
    inputs = (torch.ones(2), torch.ones(2), torch.ones(2))
    report = exported(AddsInPlace(), inputs)
    assert "forward changes its inputs in place: x1" in notes(report)
    assert inputs[0].tolist() == [1.0, 1.0]
    example = report.metadata.examples[0]
    assert example.inputs["x1"].tolist() == [1.0, 1.0]
    assert example.outputs["output_0"].tolist() == [3.0, 3.0]


def test_a_change_of_inputs_that_a_trace_makes_always(
    refused: Refused,
) -> None:
    """The outputs are equal: only the input tells."""

    def doubled(x: Tensor) -> Tensor:
        result = x * 2
        if x.sum() > 0:
            x.zero_()
        return result

    error = refused(doubled, INPUT, how="trace")
    assert "eager changes nothing in place, the archive 'x'" in error.message


def test_a_plain_model_has_no_notes(exported: Exported) -> None:
    assert notes(exported(nn.Linear(3, 2), INPUT)) == ""


def test_state_that_shows_in_the_third_call(
    exported: Exported, refused: Refused
) -> None:
    class Third(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.calls = 0

        def forward(self, x: Tensor) -> Tensor:
            self.calls += 1
            return x + float(self.calls // 3)

    error = refused(Third(), INPUT, how="trace")
    assert "'call 3'" in error.message
    report = exported(Third(), INPUT)
    assert report.how == "script"
    assert "stateful: a call changes calls" in notes(report)


def test_a_change_without_effect_is_no_state(exported: Exported) -> None:
    class Remembers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.last_shape = [0]

        def forward(self, x: Tensor) -> Tensor:
            self.last_shape = list(x.shape)
            return x * 2

    model = Remembers()
    report = exported(model, INPUT)
    assert report.metadata.methods["forward"].batch == "batch"
    assert "a call changes last_shape; the calls after it" in notes(report)
    assert model.last_shape == [0]


def test_statistics_that_are_written_without_telling(
    exported: Exported,
) -> None:
    class Statistics(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("mean", torch.zeros(3))
            self.register_buffer("var", torch.ones(3))

        def forward(self, x: Tensor) -> Tensor:
            return nn.functional.batch_norm(
                x, self.mean, self.var, training=True
            )

    report = exported(Statistics(), (torch.randn(2, 3),))
    assert "a call changes mean, var" in notes(report)


def test_a_weight_that_a_hook_computes_is_no_state(
    exported: Exported,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        model = nn.utils.weight_norm(nn.Linear(3, 2)).eval()
    report = exported(model, INPUT)
    assert notes(report) == ""
    assert report.metadata.methods["forward"].batch == "batch"
