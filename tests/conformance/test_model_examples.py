"""GetModelExamples: what a model can be tried with, and the right answers."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
import torch
from sconce.export import export
from torch import Tensor, nn
from tritonclient.grpc import InferResult, service_pb2
from tritonclient.grpc.service_pb2_grpc import GRPCInferenceServiceStub

from sconce_support.inference import result_arrays
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal

CODES = grpc.StatusCode
_DOCUMENT = "extra/sconce/model.json"

CONFIG = """
max_batch_size: 8
input { name: "PICTURE" data_type: TYPE_FP32 dims: [ -1 ] }
input { name: "FACTOR" data_type: TYPE_FP32 dims: [ -1 ] }
output { name: "SCALED" data_type: TYPE_FP32 dims: [ -1 ] }
output { name: "TOTAL" data_type: TYPE_FP32 dims: [ 1 ] }
"""


class Scaled(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        return x * y, x.sum(1, keepdim=True)


class Methods(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"twice": x * 2, "half": x / 2}

    @torch.jit.export
    def moved(self, x: Tensor, by: int) -> Tensor:
        return x + by


def make_scaled(folder: Path) -> Path:
    archive = folder / "1" / "model.pt"
    archive.parent.mkdir(parents=True)
    export(
        Scaled().eval(), (torch.randn(2, 3), torch.randn(2, 3)), archive
    )
    return archive


def allow_differences(source: Path, target: Path) -> None:
    """The same archive, exported with differences from eager PyTorch."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith(_DOCUMENT):
                document = json.loads(content)
                document["mismatches"] = ["output 'twice' differs"]
                content = json.dumps(document).encode()
            new.writestr(zipfile.ZipInfo(info.filename), content)


@pytest.fixture(scope="module")
def served(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("examples")
    make_scaled(folder / "scaled")
    make_scaled(folder / "renamed")
    (folder / "renamed" / "config.pbtxt").write_text(CONFIG)
    export(
        Methods().eval(),
        (torch.randn(2, 3),),
        folder / "methods.pt",
        methods={"moved": (torch.randn(2, 3), 5)},
    )
    allow_differences(folder / "methods.pt", folder / "allowed.pt")
    torch.jit.script(Scaled().eval()).save(folder / "bare.pt")
    with ServerProcess([folder], binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def management(served: ServerProcess) -> Iterator[Management]:
    with Management(served.management_address) as made:
        yield made


@pytest.fixture(scope="module")
def stub(served: ServerProcess) -> Iterator[GRPCInferenceServiceStub]:
    with grpc.insecure_channel(served.grpc_address) as channel:
        yield GRPCInferenceServiceStub(channel)


def check(example: Any, stub: Any) -> list[str]:
    """Sends an example; the names of the outputs, which were all right."""
    request = service_pb2.ModelInferRequest.FromString(example.request)
    wanted = service_pb2.ModelInferResponse.FromString(example.response)
    right = result_arrays(InferResult(wanted))
    answer = result_arrays(InferResult(stub.ModelInfer(request)))
    assert list(answer) == list(right)
    for name, values in right.items():
        np.testing.assert_allclose(answer[name], values, rtol=1e-4, atol=1e-5)
    return list(right)


@pytest.mark.parametrize("model", ["scaled", "renamed", "methods"])
def test_the_answers_are_those_that_the_examples_tell(
    model: str, management: Management, stub: Any
) -> None:
    found = management.GetModelExamples(name=model)
    assert (found.name, found.version, found.left_out) == (model, 1, 0)
    assert len(found.examples) >= 2
    outputs = {tuple(check(example, stub)) for example in found.examples}
    assert outputs == {
        "scaled": {("output_0", "output_1")},
        "renamed": {("SCALED", "TOTAL")},
        "methods": {("twice", "half"), ("output_0",)},
    }[model]


def test_each_method_has_its_own(management: Management) -> None:
    found = management.GetModelExamples(name="methods")
    requests = {
        example.method: service_pb2.ModelInferRequest.FromString(
            example.request
        )
        for example in found.examples
    }
    names = {method: r.model_name for method, r in requests.items()}
    assert names == {"forward": "methods", "moved": "methods:moved"}
    inputs = [tensor.name for tensor in requests["moved"].inputs]
    assert inputs == ["x", "by"]


def test_the_request_names_the_version_that_was_asked_for(
    management: Management,
) -> None:
    management.SetAliases(name="scaled", set={"best": 1})
    asked = {"": {}, "1": {"version": 1}, "best": {"alias": "best"}}
    for version, fields in asked.items():
        found = management.GetModelExamples(name="scaled", **fields)
        request = service_pb2.ModelInferRequest.FromString(
            found.examples[0].request
        )
        assert (found.version, request.model_version) == (1, version)


def test_what_the_exporter_allows_is_told(management: Management) -> None:
    found = management.GetModelExamples(name="scaled")
    (tolerance,) = [t for t in found.tolerances if t.datatype == "FP32"]
    assert 0 < tolerance.rtol < 0.01 and 0 < tolerance.atol < 0.01


def test_no_answer_is_told_that_need_not_be_right(
    management: Management,
) -> None:
    found = management.GetModelExamples(name="allowed")
    assert found.examples and all(e.request for e in found.examples)
    assert not any(example.response for example in found.examples)


def test_an_archive_of_torch_alone_has_none(management: Management) -> None:
    found = management.GetModelExamples(name="bare")
    assert (found.version, len(found.examples)) == (1, 0)


def test_errors_are_those_of_a_request(management: Management) -> None:
    code, text = refusal(lambda: management.GetModelExamples(name="none"))
    assert code is CODES.NOT_FOUND and "'none'" in text
    code, text = refusal(
        lambda: management.GetModelExamples(name="bare", version=7)
    )
    assert code is CODES.NOT_FOUND and "version 7" in text
    code, text = refusal(
        lambda: management.GetModelExamples(name="bare", alias="old")
    )
    assert code is CODES.NOT_FOUND and "'old'" in text
