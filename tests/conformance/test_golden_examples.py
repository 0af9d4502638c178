"""The server asks a model its golden examples before it serves it."""

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sconce.export import export
from torch import Tensor, nn
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs, result_arrays
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

_DOCUMENT = "extra/sconce/model.json"
_TENSORS = "extra/sconce/examples.safetensors"


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> dict[str, Tensor]:
        return {"twice": x * 2, "total": x.sum(-1)}


def other_bytes(content: bytes) -> bytes:
    """The last float of the last tensor becomes another one."""
    return content[:-4] + np.float32(1234.5).tobytes()


def edit(change: Callable[[Any], None]) -> Callable[[bytes], bytes]:
    def apply(content: bytes) -> bytes:
        document = json.loads(content)
        change(document)
        return json.dumps(document).encode()

    return apply


# name -> (entry, what becomes of it, part of the reason)
DAMAGED: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "other_answer": (_TENSORS, other_bytes, "differs by"),
    "newer": (
        _DOCUMENT,
        edit(lambda d: d.update(version=2)),
        "its version is 2, this server reads up to 1",
    ),
    "no_methods": (_DOCUMENT, edit(lambda d: d.pop("methods")), "methods"),
    "no_json": (_DOCUMENT, lambda _: b"{", "sconce/model.json"),
    "cut_short": (_TENSORS, lambda content: content[:-8], "does not fit"),
}


def rewrite(source: Path, target: Path, entry: str, change: Any) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = old.read(info)
            if info.filename.endswith(entry):
                content = change(content)
            new.writestr(zipfile.ZipInfo(info.filename), content)


@pytest.fixture(scope="module")
def client(
    binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InferenceServerClient]:
    folder = tmp_path_factory.mktemp("golden")
    good = folder / "good.pt"
    export(Doubled().eval(), (torch.randn(2, 3),), good)
    for name, (entry, change, _) in DAMAGED.items():
        rewrite(good, folder / f"{name}.pt", entry, change)
    rewrite(
        good,
        folder / "allowed.pt",
        _DOCUMENT,
        edit(lambda d: d.update(mismatches=["output 'twice' differs"])),
    )
    with ServerProcess(
        [folder], binary=binary, wait_until_ready=False
    ) as server:
        with InferenceServerClient(server.grpc_address) as made:
            eventually(lambda: settled(made), "all models to be tried")
            yield made


def reasons(client: InferenceServerClient) -> dict[str, tuple[str, str]]:
    index = client.get_model_repository_index()
    return {model.name: (model.state, model.reason) for model in index.models}


def settled(client: InferenceServerClient) -> bool:
    states = {state for state, _ in reasons(client).values()}
    return bool(states) and states <= {"READY", "UNAVAILABLE"}


def test_a_model_that_answers_as_it_did_is_served(
    client: InferenceServerClient,
) -> None:
    x = np.ones((1, 4), dtype=np.float32)
    result = client.infer("good", infer_inputs({"x": x}))
    np.testing.assert_array_equal(result_arrays(result)["twice"], x * 2)


def test_metadata_is_known_before_the_first_request(
    client: InferenceServerClient,
) -> None:
    metadata = client.get_model_metadata("allowed")
    (x,) = metadata.inputs
    assert (x.name, x.datatype, list(x.shape)) == ("x", "FP32", [-1, -1])
    outputs = {o.name: (o.datatype, list(o.shape)) for o in metadata.outputs}
    assert outputs == {"twice": ("FP32", [-1, -1]), "total": ("FP32", [-1])}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_model_that_does_not_is_refused(
    client: InferenceServerClient, name: str
) -> None:
    state, reason = reasons(client)[name]
    assert state == "UNAVAILABLE"
    assert DAMAGED[name][2] in reason
    assert "export" in reason and "again" in reason


def test_the_output_and_the_example_are_named(
    client: InferenceServerClient,
) -> None:
    _, reason = reasons(client)["other_answer"]
    assert "golden example '" in reason
    assert "output 't" in reason


def test_differences_that_the_export_allowed_are_no_fault(
    client: InferenceServerClient,
) -> None:
    assert reasons(client)["allowed"][0] == "READY"
