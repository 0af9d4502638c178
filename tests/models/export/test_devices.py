"""Z15: a device that is fixed in the graph is found by reading it."""

import io
from collections.abc import Callable

import torch
from torch import Tensor, nn

from sconce.export import ExportError, ExportReport
from tests.models.export.traps import Positions

Refused = Callable[..., ExportError]
Exported = Callable[..., ExportReport]


class Unscriptable(Positions):
    """The same, in code that TorchScript cannot compile."""

    def forward(self, x: Tensor) -> Tensor:
        return [*[super().forward(x)]][0]


class OnTheCpu(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + torch.ones(3, device="cpu")


def devices_named(code: str) -> bool:
    return 'torch.device("cpu")' in code


def test_a_trace_with_a_device_is_refused_with_the_line(
    refused: Refused,
) -> None:
    error = refused(Positions(), (torch.randn(2, 3),), how="trace")
    assert "the device 'cpu' is fixed in the graph at" in error.message
    assert "traps.py:" in error.message


def test_auto_scripts_instead(exported: Exported) -> None:
    report = exported(Positions(), (torch.randn(2, 3),))
    assert report.how == "script"
    assert "the device 'cpu' is fixed" in report.attempts[0].reason


def test_a_script_with_a_device_is_refused_too(refused: Refused) -> None:
    error = refused(OnTheCpu(), (torch.randn(2, 3),), how="script")
    assert "the device 'cpu' is fixed in the graph at" in error.message
    assert "test_devices.py:" in error.message


def test_where_no_script_is_right_the_device_follows_the_input(
    exported: Exported,
) -> None:
    report = exported(Unscriptable(), (torch.randn(2, 3),))
    assert report.how == "trace"
    content = io.BytesIO(report.path.read_bytes())
    archive = torch.jit.load(content)
    assert not devices_named(archive.code)
    assert torch.equal(
        archive(torch.zeros(2, 5)), torch.arange(5.0).expand(2, 5)
    )
    note = "was fixed in the trace and now follows the first tensor input"
    assert any(note in line for line in report.metadata.notes)


def test_a_rewritten_archive_runs_on_another_device(
    exported: Exported,
) -> None:
    # The meta device has no data; an operator with a tensor on the CPU and
    # one on meta fails there as it would between CPU and GPU.
    report = exported(Unscriptable(), (torch.randn(2, 3),))
    archive = torch.jit.load(str(report.path), map_location="meta")
    assert archive(torch.zeros(2, 5, device="meta")).device.type == "meta"


def test_an_allowed_device_is_recorded(exported: Exported) -> None:
    report = exported(
        Positions(), (torch.randn(2, 3),), how="trace", allow_mismatch=True
    )
    assert any(
        "the device 'cpu' is fixed" in line
        for line in report.metadata.mismatches
    )


def test_zeros_like_fixes_no_device(exported: Exported) -> None:
    def shifted(x: Tensor) -> Tensor:
        return torch.ones_like(x) + x.new_zeros(x.shape)

    assert exported(shifted, (torch.randn(2, 3),)).how == "trace"
