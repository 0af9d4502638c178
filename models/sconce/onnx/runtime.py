"""Runs an ONNX file with ONNX Runtime on the CPU, tensors in and out."""

import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime  # type: ignore[import-untyped]
import torch
from torch import Tensor

from sconce.export.errors import ExportError
from sconce.export.leaves import Inputs, Leaf
from sconce.export.runner import Refusal

FATAL_ONLY = 4  # the log level: errors are raised, not logged as well
ERROR_CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
Array = npt.NDArray[np.generic]
Outputs = dict[str, Leaf]


class OnnxModel:
    """One ONNX file, ready to run. One thread at a time.

    Raises ExportError where ONNX Runtime cannot load the file.
    """

    def __init__(self, path: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = FATAL_ONLY
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self._session = onnxruntime.InferenceSession(
                path, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors share no other base class
            raise ExportError(
                f"ONNX Runtime cannot load {path.name}: {first_line(error)}; "
                "export without --also onnx, or choose another --opset"
            ) from error
        self.inputs = [each.name for each in self._session.get_inputs()]
        self.outputs = [each.name for each in self._session.get_outputs()]

    def run(self, inputs: Inputs) -> Outputs | Refusal:
        """Outputs by name, as tensors; a Refusal where the runtime raises.

        `inputs` may hold more than the file takes.
        """
        arrays = {name: to_array(name, inputs[name]) for name in self.inputs}
        try:
            results = self._session.run(self.outputs, arrays)
        except Exception as error:  # its errors share no other base class
            return Refusal(first_line(error))
        return {
            name: torch.from_numpy(np.array(result))
            for name, result in zip(self.outputs, results, strict=True)
        }


def to_array(name: str, value: Leaf) -> Array:
    """A number is an array without dimensions: INT64, FP64 or BOOL."""
    if not isinstance(value, Tensor):
        return np.array(value)
    try:
        array: Array = value.detach().contiguous().numpy()
    except (TypeError, RuntimeError) as error:
        raise ExportError(
            f"input '{name}' is {value.dtype}, which cannot be given to ONNX "
            "Runtime; export without --also onnx"
        ) from error
    return array


def first_line(error: Exception) -> str:
    """The runtime's reason without its error codes."""
    text = str(error).strip().splitlines()[0]
    return ERROR_CODE.sub("", text.rpartition("Status Message: ")[2])
