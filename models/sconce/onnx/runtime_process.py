"""The process that runs an ONNX file; `runtime` starts it.

    runtime_process.py MODEL FOLDER FIRST THREADS

Reads FOLDER/<n>.in from number FIRST on and writes <n>.out, or <n>.refused
with the runtime's reason. Before that, `names` lists the model's inputs and
outputs, or `unusable` says why it cannot be loaded. It imports nothing of
ours: so it starts in a fraction of the time that torch takes.
"""

import json
import sys
from itertools import count
from pathlib import Path

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from safetensors.numpy import load_file, save_file

FATAL_ONLY = 4  # the log level: errors are raised, not logged as well


def main(model: Path, folder: Path, first: int, threads: int) -> None:
    try:
        session = load(model, threads)
    except Exception as error:  # its errors share no other base class
        (folder / "unusable").write_text(str(error))
        return
    names = [each.name for each in session.get_inputs()]
    outputs = [each.name for each in session.get_outputs()]
    (folder / "names").write_text(json.dumps([names, outputs]))
    for number in count(first):
        given = folder / f"{number}.in"
        if not given.exists():
            return
        run(session, names, given)


def load(model: Path, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = FATAL_ONLY
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
    )


def run(
    session: onnxruntime.InferenceSession, names: list[str], given: Path
) -> None:
    values = load_file(given)
    outputs = [each.name for each in session.get_outputs()]
    try:
        results = session.run(outputs, {name: values[name] for name in names})
        arrays = {
            name: np.ascontiguousarray(result).reshape(np.shape(result))
            for name, result in zip(outputs, results, strict=True)
        }
        save_file(arrays, given.with_suffix(".out"))
    except Exception as error:  # its errors share no other base class
        given.with_suffix(".refused").write_text(str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
