"""grpcurl: what a person at a shell sees, by reflection and by .proto files."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from example_models import eager
from sconce_support.server_process import ServerProcess
from sconce_support.tools import ROOT, installed, output_of, run

SERVICE = "inference.GRPCInferenceService"
MANAGEMENT = "sconce.management.v1.Management"
FILES = ("-import-path", ROOT / "proto",
         "-proto", "inference/grpc_service.proto")
# grpcurl's exit code is this and the gRPC code.
FAILED = 64


def grpcurl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = installed("go-tools") / "bin/grpcurl"
    return run([program, "-plaintext", *arguments])


def call(
    address: str, method: str, request: object = None, *flags: str | Path
) -> Any:
    """The JSON of the answer."""
    data = ("-d", json.dumps(request)) if request is not None else ()
    done = grpcurl(*flags, *data, address, method)
    assert done.returncode == 0, output_of(done)
    return json.loads(done.stdout)


def refusal(
    address: str, method: str, request: object
) -> tuple[int, dict[str, Any]]:
    """The exit code and the status that `-format-error` prints."""
    done = grpcurl("-format-error", "-d", json.dumps(request), address, method)
    return done.returncode, json.loads(done.stderr)


def simple_request(columns: int = 16) -> dict[str, Any]:
    def tensor(name: str, values: list[int]) -> dict[str, Any]:
        return {
            "name": name,
            "datatype": "INT32",
            "shape": [1, columns],
            "contents": {"int_contents": values},
        }

    return {
        "model_name": "simple",
        "inputs": [
            tensor("INPUT0", list(range(columns))),
            tensor("INPUT1", [1] * columns),
        ],
    }


def values(answer: dict[str, Any], number: int, dtype: str) -> list[Any]:
    raw = base64.b64decode(answer["rawOutputContents"][number])
    return np.frombuffer(raw, dtype=dtype).tolist()


def test_lists_and_describes(server: ServerProcess) -> None:
    services = grpcurl(server.grpc_address, "list").stdout.split()
    assert {SERVICE, "grpc.health.v1.Health"} <= set(services)
    methods = grpcurl(server.grpc_address, "list", SERVICE).stdout.split()
    assert f"{SERVICE}.ModelStreamInfer" in methods
    text = grpcurl(
        server.grpc_address, "describe", "inference.ModelInferRequest"
    ).stdout
    assert "repeated bytes raw_input_contents = 7;" in text
    assert "map<string, .inference.InferParameter> parameters = 4;" in text


@pytest.mark.parametrize("flags", [(), FILES], ids=["reflection", "files"])
def test_server_live(
    server: ServerProcess, flags: tuple[str | Path, ...]
) -> None:
    method = f"{SERVICE}/ServerLive"
    answer = call(server.grpc_address, method, None, *flags)
    assert answer == {"live": True}


@pytest.mark.parametrize("flags", [(), FILES], ids=["reflection", "files"])
def test_model_infer(
    server: ServerProcess, flags: tuple[str | Path, ...]
) -> None:
    answer = call(
        server.grpc_address, f"{SERVICE}/ModelInfer", simple_request(), *flags
    )
    assert answer["modelName"] == "simple"
    assert [out["name"] for out in answer["outputs"]] == ["OUTPUT0", "OUTPUT1"]
    assert values(answer, 0, "<i4") == list(range(1, 17))
    assert values(answer, 1, "<i4") == list(range(-1, 15))


def test_model_infer_equals_eager(server: ServerProcess) -> None:
    x = torch.linspace(-1, 1, 32).reshape(1, 32)
    request = {
        "model_name": "mlp",
        "inputs": [{
            "name": "x",
            "datatype": "FP32",
            "shape": [1, 32],
            "contents": {"fp32_contents": x.flatten().tolist()},
        }],
    }
    answer = call(server.grpc_address, f"{SERVICE}/ModelInfer", request)
    with torch.inference_mode():
        expected = eager("mlp")(x).flatten().tolist()
    assert values(answer, 0, "<f4") == pytest.approx(expected, rel=1e-4)


def test_a_stream_of_json_messages(server: ServerProcess) -> None:
    requests = "".join(
        json.dumps({**simple_request(columns), "id": str(columns)})
        for columns in (16, 3, 16)
    )
    done = grpcurl(
        "-d", requests, server.grpc_address, f"{SERVICE}/ModelStreamInfer"
    )
    assert done.returncode == 0, output_of(done)
    decoder, text, answers = json.JSONDecoder(), done.stdout.lstrip(), []
    while text:
        answer, end = decoder.raw_decode(text)
        answers.append(answer)
        text = text[end:].lstrip()
    assert [a["inferResponse"]["id"] for a in answers] == ["16", "3", "16"]
    errors = [a.get("errorMessage", "") for a in answers]
    assert errors[0] == errors[2] == ""
    assert "Expected [-1,16], got [1,3]" in errors[1]


def test_a_wrong_shape(server: ServerProcess) -> None:
    code, status = refusal(
        server.grpc_address, f"{SERVICE}/ModelInfer", simple_request(3)
    )
    assert (code, status["code"]) == (FAILED + 3, 3)
    assert status["message"] == (
        "unexpected shape for input 'INPUT0' for model 'simple'. "
        "Expected [-1,16], got [1,3]"
    )


def test_an_unknown_model(server: ServerProcess) -> None:
    code, status = refusal(
        server.grpc_address, f"{SERVICE}/ModelMetadata", {"name": "nobody"}
    )
    assert (code, status["code"]) == (FAILED + 5, 5)
    assert "'nobody'" in status["message"]


def test_health(server: ServerProcess) -> None:
    method = "grpc.health.v1.Health/Check"
    for service in ("", "simple"):
        answer = call(server.grpc_address, method, {"service": service})
        assert answer == {"status": "SERVING"}
    code, _ = refusal(server.grpc_address, method, {"service": "nobody"})
    assert code == FAILED + 5


def test_the_management_service(server: ServerProcess) -> None:
    """The commands of server/doc/management.md that change nothing."""
    address = server.management_address
    assert MANAGEMENT in grpcurl(address, "list").stdout.split()
    listed = call(address, f"{MANAGEMENT}/ListModels")
    assert "simple" in [model["name"] for model in listed["models"]]
    model = call(address, f"{MANAGEMENT}/GetModel", {"name": "simple"})
    assert "INPUT0" in json.dumps(model)
    code, status = refusal(
        address, f"{MANAGEMENT}/LoadModel", {"name": "simple"}
    )
    assert code == FAILED + 9  # the mode is not `explicit`
    assert "model-control-mode" in status["message"]
