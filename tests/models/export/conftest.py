"""What the exporter's tests share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from sconce.export import ExportError, ExportReport, export

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    torch.manual_seed(0)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "model.pt"


@pytest.fixture
def exported(target: Path) -> Callable[..., ExportReport]:
    """`export` to `target`."""

    def run(model: object, inputs: Any, **options: Any) -> ExportReport:
        return export(model, inputs, target, **options)

    return run


@pytest.fixture
def refused(target: Path) -> Callable[..., ExportError]:
    """The error of an export that has to fail and to leave no file."""

    def run(model: object, inputs: Any, **options: Any) -> ExportError:
        with pytest.raises(ExportError) as caught:
            export(model, inputs, target, **options)
        assert not target.exists()
        return caught.value

    return run
