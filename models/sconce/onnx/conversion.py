"""Runs PyTorch's TorchScript converter and turns its errors into one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import nn
from torch.backends import mha
from torch.onnx import OnnxExporterError
from torch.onnx.errors import UnsupportedOperatorError

from sconce.export.errors import ExportError
from sconce.export.leaves import Leaf
from sconce.export.wording import place_of, reason_of
from sconce.onnx.axes import Axes
from sconce.onnx.operators import untranslated
from sconce.onnx.quiet import quiet


def convert(
    module: nn.Module,
    values: tuple[Leaf, ...],
    path: Path,
    *,
    input_names: list[str],
    output_names: list[str],
    axes: Axes,
    opset: int,
) -> tuple[str, ...]:
    """Writes the ONNX file; returns the converter's remarks.

    `module` takes `values`, flat tensors and numbers, one for each input
    name. Raises ExportError that names each operator without a translation.
    """
    remarks: list[str] = []
    try:
        with torch.no_grad(), separate_operators(), quiet(remarks):
            torch.onnx.export(
                module,
                values,
                str(path),
                dynamo=False,
                opset_version=opset,
                input_names=input_names,
                output_names=output_names,
                dynamic_axes=axes,
            )
    except UnsupportedOperatorError as error:
        raise untranslated(error, module, values, opset) from None
    except (OnnxExporterError, RuntimeError, TypeError, ValueError) as error:
        place = place_of(error)
        where = f" at {place}" if place else ""
        raise ExportError(
            f"PyTorch's ONNX converter refuses the model{where}: "
            f"{reason_of(error)}; export without --also onnx, or change the "
            "model"
        ) from error
    return tuple(dict.fromkeys(remarks))


@contextmanager
def separate_operators() -> Iterator[None]:
    """Keeps transformer layers from their fused operator, which ONNX lacks."""
    before = mha.get_fastpath_enabled()
    mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        mha.set_fastpath_enabled(before)
