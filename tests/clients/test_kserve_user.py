"""What a KServe user does beside plain numbers, which tests/conformance has:
strings, parameters, headers, many calls at once, large tensors, errors."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sconce_support.server_process import ServerProcess
from sconce_support.tools import output_of, run

PROGRAM = Path(__file__).with_name("kserve_user_program.py")


@pytest.fixture(scope="module")
def told(server: ServerProcess) -> dict[str, Any]:
    """What the program printed."""
    done = run([sys.executable, PROGRAM, server.grpc_address], seconds=120)
    assert done.returncode == 0, output_of(done)
    answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def test_readiness(told: dict[str, Any]) -> None:
    assert told["ready"] is True
    assert told["unknown_ready"] is False


@pytest.mark.parametrize("kind", ["raw_strings", "typed_strings"])
def test_strings(told: dict[str, Any], kind: str) -> None:
    assert told[kind] == ["he\0llo", "häßlich"]


def test_parameters_and_headers(told: dict[str, Any]) -> None:
    names = told["timings"]["names"]
    assert {"queue_ns", "compute_infer_ns", "batch_size"} <= set(names)
    assert told["timings"]["value"] == [3.0]
    assert told["timings"]["version"] == "1"


def test_many_calls_at_once(told: dict[str, Any]) -> None:
    assert told["many"] == [float(steps) for steps in range(50)]


def test_a_large_tensor(told: dict[str, Any]) -> None:
    assert told["large"] is True


@pytest.mark.parametrize(
    "case, error",
    [
        ("shape", "INVALID_ARGUMENT: unexpected shape for input 'INPUT0' for "
                  "model 'simple'. Expected [-1,16], got [1,3]"),
        ("model", "NOT_FOUND: Request for unknown model: 'nobody'"),
        ("deadline", "DEADLINE_EXCEEDED: "),
    ],
)
def test_errors(told: dict[str, Any], case: str, error: str) -> None:
    assert told["errors"][case].startswith(error)
