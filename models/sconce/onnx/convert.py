"""`write_onnx`: one method of a model as an ONNX file."""

from dataclasses import dataclass
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from sconce.archive import MethodSpec
from sconce.export.attempts import Explored
from sconce.export.capture import Capture
from sconce.export.errors import ExportError
from sconce.export.leaves import Inputs, Leaf
from sconce.export.state import Original
from sconce.onnx.axes import dynamic_axes
from sconce.onnx.conversion import convert
from sconce.onnx.flat_archive import flat_archive
from sconce.onnx.flat_eager import flat_eager
from sconce.onnx.flat_script import baked_inputs
from sconce.onnx.names import Names
from sconce.onnx.opsets import DEFAULT


@dataclass(frozen=True)
class Source:
    """What the archive was made of, and what it was held against."""

    original: Original
    capture: Capture


@dataclass(frozen=True)
class Written:
    """What came of a conversion, besides the file.

    `baked` are inputs of the example that ONNX has no place for, `defaults`
    inputs that the example left out: both are constants of the file.
    """

    baked: Inputs
    defaults: Inputs
    remarks: tuple[str, ...]


def write_onnx(
    source: Source,
    explored: Explored,
    spec: MethodSpec,
    path: Path,
    opset: int = DEFAULT,
) -> Written:
    """Writes `path` with the names and dynamic axes of `spec`.

    Raises ExportError for what cannot be converted.
    """
    arguments = explored.arguments
    module = flat_module(source, explored)
    baked = baked_inputs(arguments.given)
    names = Names.of(explored, spec)
    kept = [name for name in arguments.given if name not in baked]
    remarks = convert(
        module,
        tuple(copied(arguments.given[name]) for name in kept),
        path,
        input_names=[names.inputs[name] for name in kept],
        output_names=list(names.outputs.values()),
        axes=dynamic_axes([*spec.inputs, *spec.outputs]),
        opset=opset,
    )
    check_file(path)
    further = spec.inputs[len(arguments.given) :]
    defaults: Inputs = {value.name: value.default for value in further}
    return Written(baked, defaults, remarks)


def flat_module(source: Source, explored: Explored) -> nn.Module:
    """A traced model is converted from eager, so that translations of its own
    (torch.autograd.Function.symbolic) count; one with a script in it from
    its archive, which keeps loops, branches and numbers as inputs.
    """
    model = source.original.copy()
    if source.capture.how != "trace" or has_script(model):
        return flat_archive(source.capture, explored)
    answer = explored.domain.cases[0].answer
    return flat_eager(model, explored.arguments, answer)


def has_script(model: object) -> bool:
    """The converter cannot trace eager code around a script."""
    return isinstance(model, nn.Module) and any(
        isinstance(part, torch.jit.ScriptModule) for part in model.modules()
    )


def copied(value: Leaf) -> Leaf:
    return value.detach().clone() if isinstance(value, Tensor) else value


def check_file(path: Path) -> None:
    """Raises ExportError where the file breaks the ONNX specification."""
    try:
        onnx.checker.check_model(str(path))
    except (onnx.checker.ValidationError, ValueError) as error:
        raise ExportError(
            f"the converter wrote an invalid ONNX file: "
            f"{str(error).strip().splitlines()[0]}; choose another --opset"
        ) from error
