"""MLServer's codecs over gRPC: what its users encode, the server takes.

MLServer registers the protocol's messages under the names that tritonclient's
have, and needs other packages: its program runs in an environment of its own.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from example_models import eager
from sconce_support.server_process import ServerProcess
from sconce_support.tools import installed, output_of, run

PROGRAM = Path(__file__).with_name("mlserver_program.py")
CONTENTS = ("typed", "raw")


@pytest.fixture(scope="module")
def told(server: ServerProcess) -> dict[str, Any]:
    """What the program printed."""
    python = installed("mlserver") / "venv/bin/python"
    done = run([python, PROGRAM, server.grpc_address])
    assert done.returncode == 0, output_of(done)
    answers: dict[str, Any] = json.loads(done.stdout)
    return answers


@pytest.mark.parametrize("contents", CONTENTS)
def test_numpy_codec(told: dict[str, Any], contents: str) -> None:
    for dtype, answer in told[contents]["numbers"].items():
        sent = np.arange(6).reshape(2, 3).astype(dtype)
        assert answer == [dtype, sent.tolist()]


@pytest.mark.parametrize("contents", CONTENTS)
def test_numpy_request_codec_equals_eager(
    told: dict[str, Any], contents: str
) -> None:
    x = torch.linspace(-1, 1, 32).reshape(1, 32)
    with torch.inference_mode():
        expected = eager("mlp")(x).flatten().tolist()
    answer = told[contents]["request_codec"]
    assert answer == pytest.approx(expected, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("contents", CONTENTS)
def test_string_codec(told: dict[str, Any], contents: str) -> None:
    assert told[contents]["strings"] == ["he\0llo", "", "häßlich"]


@pytest.mark.parametrize("contents", CONTENTS)
def test_base64_codec(told: dict[str, Any], contents: str) -> None:
    assert told[contents]["base64"] == repr([b"\x00\xff"])


@pytest.mark.parametrize("contents", CONTENTS)
def test_pandas_codec(told: dict[str, Any], contents: str) -> None:
    assert told[contents]["data_frame"] == [10, 40]


def test_a_wrong_name(told: dict[str, Any]) -> None:
    assert told["refusal"].startswith("INVALID_ARGUMENT: ")
    assert "'y'" in told["refusal"]
