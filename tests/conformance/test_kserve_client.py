"""The same answers through the KServe SDK's gRPC client."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sconce_support.eager import Arrays, assert_close, example, run_eager
from sconce_support.server_process import ServerProcess

PROGRAM = Path(__file__).with_name("kserve_program.py")


@pytest.mark.parametrize(
    "model, raw",
    [
        ("simple", True),
        ("simple", False),  # typed contents
        ("mlp_scripted", False),
        ("tuple_output", True),
        ("identity", True),
    ],
)
def test_kserve_client(
    server: ServerProcess, tmp_path: Path, model: str, raw: bool
) -> None:
    inputs = example(model)
    answer, outputs = run_program(server, tmp_path, model, inputs, raw)
    assert answer["server_live"] is True
    assert answer["server_ready"] is True
    assert answer["model_ready"] is True
    assert answer["id"] == "kserve-1"
    assert_close(outputs, run_eager(model, inputs))


def run_program(
    server: ServerProcess,
    folder: Path,
    model: str,
    inputs: Arrays,
    raw: bool,
) -> tuple[dict, Arrays]:
    np.savez(folder / "inputs.npz", **inputs)
    command = [sys.executable, str(PROGRAM)]
    command += ["--address", server.grpc_address, "--model", model]
    command += ["--inputs", str(folder / "inputs.npz")]
    command += ["--outputs", str(folder / "outputs.npz")]
    command += ["--raw"] if raw else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    with np.load(folder / "outputs.npz") as arrays:
        return answer, {name: arrays[name] for name in answer["names"]}
