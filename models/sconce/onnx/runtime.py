"""Runs an ONNX file with ONNX Runtime on the CPU, tensors in and out.

In a process of its own: on inputs that it did not expect (an LSTM without a
row) ONNX Runtime can end the whole process instead of raising an error.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from sconce.export.errors import ExportError
from sconce.export.leaves import Inputs, Leaf
from sconce.export.runner import Refusal
from sconce.onnx import runtime_process

Outputs = dict[str, Leaf]
NUMBERS = {bool: torch.bool, int: torch.int64, float: torch.float64}
ERROR_CODE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ")
CHECK = re.compile(r"^/\S+:\d+ .* was false\. ")  # a line of its C++ code


@dataclass(frozen=True)
class Answers:
    """The inputs that the file takes, and a result for each call."""

    inputs: tuple[str, ...]
    results: list[Outputs | Refusal]


def run_onnx(path: Path, calls: Sequence[Inputs]) -> Answers:
    """Outputs by name, as tensors; a Refusal where the runtime fails.

    The inputs of a call may be more than the file takes. Raises ExportError
    where ONNX Runtime cannot load the file or be given an input.
    """
    with TemporaryDirectory(prefix="sconce-onnx-") as name:
        folder = Path(name)
        for number, inputs in enumerate(calls):
            save_file(to_tensors(inputs), folder / f"{number}.in")
        results: list[Outputs | Refusal] = []
        while len(results) < len(calls):
            ended = start(path, folder, len(results))
            check_loaded(path, folder, ended)
            results += read_results(folder, len(results), len(calls))
            if len(results) < len(calls):
                results.append(Refusal(f"ONNX Runtime crashes ({ended})"))
        taken, returned = json.loads((folder / "names").read_text())
    return Answers(tuple(taken), [ordered(r, returned) for r in results])


def start(path: Path, folder: Path, first: int) -> str:
    """Runs the process to its end; how it ended, for a message."""
    threads = torch.get_num_threads()
    command = [sys.executable, "-P", runtime_process.__file__]
    arguments = [str(path), str(folder), str(first), str(threads)]
    ended = subprocess.run(
        [*command, *arguments], capture_output=True, check=False, text=True
    )
    lines = ended.stderr.strip().splitlines()
    return lines[-1] if lines else f"exit status {ended.returncode}"


def check_loaded(path: Path, folder: Path, ended: str) -> None:
    """Raises ExportError where the process did not come to run a call."""
    if (folder / "names").exists():
        return
    unusable = folder / "unusable"
    why = reason(unusable.read_text()) if unusable.exists() else ended
    raise ExportError(
        f"ONNX Runtime cannot load {path.name}: {why}; export without --also "
        "onnx, or choose another --opset"
    )


def read_results(
    folder: Path, first: int, end: int
) -> list[Outputs | Refusal]:
    """The results from number `first` on, up to the first missing one."""
    found: list[Outputs | Refusal] = []
    for number in range(first, end):
        output = folder / f"{number}.out"
        refused = folder / f"{number}.refused"
        if refused.exists():
            found.append(Refusal(reason(refused.read_text())))
        elif output.exists():
            found.append(dict(load_file(output)))
        else:
            break
    return found


def to_tensors(inputs: Inputs) -> dict[str, Tensor]:
    """A number is a tensor without dimensions: INT64, FP64 or BOOL."""
    found = {}
    for name, value in inputs.items():
        if isinstance(value, Tensor):
            check_type(name, value)
            found[name] = value.detach().clone().contiguous()
        elif type(value) in NUMBERS:
            found[name] = torch.tensor(value, dtype=NUMBERS[type(value)])
    return found


def ordered(
    result: Outputs | Refusal, names: list[str]
) -> Outputs | Refusal:
    """The outputs in the order of the file, which safetensors drops."""
    if isinstance(result, Refusal):
        return result
    return {name: result[name] for name in names}


def check_type(name: str, value: Tensor) -> None:
    if value.dtype == torch.bfloat16:  # numpy, its Python side, has no such
        raise ExportError(
            f"input '{name}' is BF16, which cannot be given to ONNX Runtime; "
            "export without --also onnx"
        )


def reason(text: str) -> str:
    """The runtime's reason without its error codes."""
    line = (text.strip().splitlines() or ["no reason given"])[0]
    said = line.rpartition("Status Message: ")[2]
    return CHECK.sub("", ERROR_CODE.sub("", said))
