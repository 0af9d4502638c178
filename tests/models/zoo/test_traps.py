"""Every trap springs: the tempting export is refused, with the reason."""

from pathlib import Path

import pytest
from sconce.export import ExportError, export

from sconce_support.eager import zoo_model

TRAPPED = [
    "net_traced",
    "decision_gate",
    "recurrent_loop",
    "sqrt_or_square",
    "positions",
    "mean_ratio",
    "detector",
    "two_traces",
    "resnet18_mean_subtracted",
    "super_resolution",
    "goal_prediction",
    "repeated_convolution",
    "larger_maximum",
    "device_constant",
    "empty_input",
    "dataclass_output",
]


@pytest.mark.parametrize("name", TRAPPED)
def test_a_trap_is_refused(name: str, tmp_path: Path) -> None:
    model = zoo_model(name)
    assert model.traps
    for trap in model.traps:
        archive = tmp_path / "model.pt"
        with pytest.raises(ExportError, match=trap.because):
            export(
                trap.module or model.module,
                trap.inputs or model.inputs,
                archive,
                how=trap.how,
                methods=model.methods if trap.module is None else None,
            )
        assert not list(tmp_path.iterdir())
