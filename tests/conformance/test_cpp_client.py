"""The C++ client library against the server, its answers against PyTorch."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from models.zoo import PROTOCOL
from models.zoo.repository import archive_path
from sconce_support.cpp_client import (
    CppClient,
    arrays_of,
    program,
    question,
)
from sconce_support.eager import (
    assert_close,
    example,
    run_eager,
    zoo_model,
)
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess

_CHUNK = (1, 512)
_CHUNKS = 12
_RATE = {"sr": 16_000}


class Strings(nn.Module):
    def forward(self, s: list[str]) -> list[str]:
        return [each + "!" for each in s]


@pytest.fixture(scope="module", autouse=True)
def built() -> None:
    if not program().is_file():
        pytest.skip(f"no {program().name} beside the server; run `make build`")


@pytest.fixture(scope="module")
def cpp(server: ServerProcess) -> Iterator[CppClient]:
    with CppClient(server.grpc_address) as made:
        yield made


@pytest.mark.parametrize("mode", ["sync", "callback"])
@pytest.mark.parametrize(
    "name", [*(set(PROTOCOL) - {"refusing", "refusing_batched"}), "resnet18"]
)
def test_answers_are_those_of_eager_pytorch(
    cpp: CppClient, name: str, mode: str
) -> None:
    inputs = example(name)
    answer = cpp.infer(name, inputs, mode=mode, id="7")
    assert_close(arrays_of(answer), run_eager(name, inputs))
    assert answer["id"] == "7"
    assert answer["model"] == name


def test_a_large_tensor_comes_back_bit_by_bit(cpp: CppClient) -> None:
    name = "identity"
    (argument,) = example(name)
    image = np.random.default_rng(1).random((1, 3, 224, 224), dtype=np.float32)
    (same,) = arrays_of(cpp.infer(name, {argument: image})).values()
    np.testing.assert_array_equal(same, image)


def test_only_the_outputs_that_were_asked_for(cpp: CppClient) -> None:
    inputs = example("simple")
    answer = cpp.infer("simple", inputs, outputs=["OUTPUT1"])
    assert list(arrays_of(answer)) == ["OUTPUT1"]


def test_parameters_reach_the_server(cpp: CppClient) -> None:
    inputs = example("simple")
    assert not cpp.infer("simple", inputs)["timed"]
    timed = cpp.infer(
        "simple", inputs, parameters={"timings": True, "priority": 1}
    )
    assert timed["timed"]


def test_strings_travel_both_ways(binary: Path, tmp_path: Path) -> None:
    torch.jit.script(Strings().eval()).save(str(tmp_path / "strings.pt"))
    words = np.array(["torch", "", "Leuchter"], dtype=np.object_)
    with ServerProcess([tmp_path], "--model-probe=false") as process:
        with CppClient(process.grpc_address) as cpp:
            answer = cpp.infer("strings", {"s": words})
    (texts,) = arrays_of(answer).values()
    assert list(texts) == ["torch!", "!", "Leuchter!"]


def test_server_and_models_tell_about_themselves(cpp: CppClient) -> None:
    assert cpp.ask("live")["answer"]
    assert cpp.ask("ready")["answer"]
    assert cpp.ask("model_ready", model="simple")["answer"]
    assert not cpp.ask("model_ready", model="none")["answer"]
    server = cpp.ask("server_metadata")
    assert server["name"] == "sconce"
    metadata = cpp.ask("model_metadata", model="simple")
    assert metadata["versions"] == ["1"]
    assert metadata["inputs"] == [
        {"name": name, "datatype": "INT32", "shape": [-1, 16]}
        for name in ("INPUT0", "INPUT1")
    ]


def test_errors_name_address_model_and_next_step(
    cpp: CppClient, server: ServerProcess
) -> None:
    inputs = example("simple")
    unknown = cpp.infer("none", inputs)
    assert unknown["code"] == "NOT_FOUND"
    assert f'{server.grpc_address}, model "none": ' in unknown["message"]
    assert "/models" in unknown["message"]
    wrong = cpp.infer("simple", {"INPUT0": inputs["INPUT0"]})
    assert wrong["code"] == "INVALID_ARGUMENT"
    assert "INPUT1" in wrong["message"]
    assert "GetModelMetadata()" in wrong["message"]


def test_the_http_port_is_recognised(server: ServerProcess) -> None:
    with CppClient(server.http_address) as cpp:
        answer = cpp.ask("infer", model="simple", timeout=5)
    assert answer["code"] == "UNAVAILABLE"
    assert server.http_address in answer["message"]
    assert "gRPC" in answer["message"]


def test_the_management_port_is_recognised(server: ServerProcess) -> None:
    with CppClient(server.management_address) as cpp:
        answer = cpp.ask("infer", model="simple")
    assert answer["code"] == "UNIMPLEMENTED"
    assert "inference port" in answer["message"]


def test_a_stream_answers_in_order_and_goes_on_after_errors(
    cpp: CppClient,
) -> None:
    inputs = example("simple")
    requests = [
        question("simple" if i != 3 else "none", inputs, id=str(i))
        for i in range(8)
    ]
    told = cpp.ask("stream", requests=requests)
    assert told["end"]["code"] == "OUT_OF_RANGE"
    expected = run_eager("simple", inputs)
    for i, answer in enumerate(told["answers"]):
        if i == 3:
            assert answer["code"] == "UNKNOWN"
            assert "none" in answer["message"]
        else:
            assert answer["id"] == str(i)
            assert_close(arrays_of(answer), expected)
    assert len(told["answers"]) == 8


def test_a_sequence_remembers(repository: MakeRepository, zoo: Path) -> None:
    chunks = sound()
    module = torch.jit.load(archive_path(zoo_model("silero_vad"), zoo))
    module.reset_states()
    with torch.no_grad():
        heard = [module(torch.from_numpy(x), 16_000).numpy() for x in chunks]
    steps = [
        question("silero_vad", {"x": chunk}, parameters=_RATE)
        for chunk in chunks
    ]
    with ServerProcess([repository("silero_vad")]) as process:
        with CppClient(process.grpc_address) as cpp:
            answers = cpp.ask("sequence", requests=steps)["answers"]
    said = [arrays_of(answer)["output_0"] for answer in answers]
    np.testing.assert_array_equal(said, heard)
    assert len({float(each[0, 0]) for each in said}) > 1


def sound() -> list[NDArray[np.float32]]:
    random = np.random.default_rng(3)
    shape = (_CHUNKS, *_CHUNK)
    return list(0.1 * random.standard_normal(shape, dtype=np.float32))
