"""Every trap springs: the tempting export is refused, with the reason."""

from pathlib import Path

import pytest
from sconce.export import ExportError, export

from models.zoo import ZOO
from sconce_support.eager import zoo_model

@pytest.mark.parametrize("name", ZOO)
def test_a_trap_is_refused(name: str, tmp_path: Path) -> None:
    model = zoo_model(name)
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
