"""Metadata that does not follow the format is one clear line."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sconce.archive import MetadataError, read_metadata, to_extra_files
from tests.models.archive.examples import METADATA

TENSORS = "model/extra/sconce/examples.safetensors"
DOCUMENT = "model/extra/sconce/model.json"


def refusal(path: Path, files: dict[str, bytes]) -> str:
    """What reading an archive with these entries says."""
    file = path / "model.pt"
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(MetadataError) as caught:
        read_metadata(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert "\n" not in message
    return message.removeprefix(f"{file}: ")


def refusal_of(path: Path, change: Callable[[dict[str, Any]], object]) -> str:
    extra = to_extra_files(METADATA)
    document = json.loads(extra["sconce/model.json"])
    change(document)
    files = {
        DOCUMENT: json.dumps(document).encode(),
        TENSORS: extra["sconce/examples.safetensors"],
    }
    return refusal(path, files).removeprefix("sconce/model.json: ")


def forward(document: dict[str, Any]) -> dict[str, Any]:
    return document["methods"]["forward"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda d: d.update(version=2),
            "version: 2 is newer than 1, the newest known here; install a "
            "newer sconce",
        ),
        (lambda d: d.update(version=0), "version: expected 1, found 0"),
        (
            lambda d: d.update(version=True),
            "version: expected an integer, found True",
        ),
        (
            lambda d: d.update(format="zip"),
            "format: expected one of sconce.model, found 'zip'",
        ),
        (lambda d: d.pop("methods"), "methods: missing"),
        (
            lambda d: d.update(methods=[]),
            "methods: expected an object, found []",
        ),
        (
            lambda d: d.update(how="guess"),
            "how: expected one of trace, script, given, found 'guess'",
        ),
        (
            lambda d: d.update(how=[]),
            "how: expected one of trace, script, given, found []",
        ),
        (
            lambda d: d.update(labels={"output_0": ["a", 3]}),
            "labels.output_0[1]: expected a string, found 3",
        ),
        (
            lambda d: d.update(tolerances={"FP32": {"rtol": "x"}}),
            "tolerances.FP32.rtol: expected a number, found 'x'",
        ),
        (
            lambda d: forward(d)["inputs"][0].pop("dtype"),
            "methods.forward.inputs[0].dtype: missing",
        ),
        (
            lambda d: forward(d)["inputs"][0].update(shape=["batch", -3]),
            "methods.forward.inputs[0].shape[1]: expected a size or the name "
            "of a dimension, found -3",
        ),
        (
            lambda d: forward(d)["inputs"][1].update(default=[1]),
            "methods.forward.inputs[1].default: expected a bool, int, float, "
            "string or null, found [1]",
        ),
        (
            lambda d: forward(d)["dimensions"]["batch"].update(min=0.5),
            "methods.forward.dimensions.batch.min: expected an integer, "
            "found 0.5",
        ),
        (
            lambda d: forward(d).update(batch="n"),
            "methods.forward: batch is 'n', which dimensions does not list",
        ),
        (
            lambda d: forward(d).update(dimensions={}),
            "methods.forward: 'x' has the dimension 'batch', which "
            "dimensions does not list",
        ),
        (
            lambda d: forward(d)["inputs"].append(forward(d)["inputs"][0]),
            "methods.forward: two inputs are named 'x'",
        ),
        (
            lambda d: forward(d).update(output_structure={"leaf": "z"}),
            "methods.forward: output_structure names 'z', which is no output",
        ),
        (
            lambda d: d["examples"][0].update(method="gone"),
            "example 'given': there is no method 'gone'",
        ),
        (
            lambda d: d["examples"][0]["inputs"]["x"].update(tensor="gone"),
            "examples[0].inputs.x.tensor: expected a key of "
            "sconce/examples.safetensors, found 'gone'",
        ),
        (
            lambda d: d["examples"][0]["inputs"].pop("x"),
            "example 'given': input 'x' is missing",
        ),
        (
            lambda d: d["examples"][0]["inputs"].update(z={"value": 1}),
            "example 'given': the method has no input 'z'",
        ),
        (
            lambda d: d["examples"][0]["inputs"].update(scale={"value": 2.0}),
            "example 'given': input 'scale': expected int, found float",
        ),
        (
            lambda d: forward(d)["outputs"][0].update(dtype="INT8"),
            "example 'given': output 'output_0': expected INT8 of rank 2, "
            "found FP32 of rank 2",
        ),
    ],
)
def test_a_wrong_field(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    assert refusal_of(tmp_path, change) == message


def test_unknown_fields_are_left_to_later_writers(tmp_path: Path) -> None:
    extra = to_extra_files(METADATA)
    document = json.loads(extra["sconce/model.json"]) | {"later": [1]}
    file = tmp_path / "model.pt"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(DOCUMENT, json.dumps(document))
        archive.writestr(TENSORS, extra["sconce/examples.safetensors"])
    assert read_metadata(file) is not None


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"{", "it is no JSON document: Expecting property name"),
        (b"\xff\xfe\x00", "it is no JSON document: "),
        (b"[1]", "it is no JSON object"),
        (b"[" * 100_000, "it is no JSON document: "),
        (b"{}", "format: missing"),
    ],
)
def test_what_is_no_document(
    tmp_path: Path, document: bytes, message: str
) -> None:
    found = refusal(tmp_path, {DOCUMENT: document})
    assert found.startswith(f"sconce/model.json: {message}")


def test_damaged_tensors(tmp_path: Path) -> None:
    extra = to_extra_files(METADATA)
    files = {DOCUMENT: extra["sconce/model.json"], TENSORS: b"\xff" * 20}
    assert "the tensors cannot be read: " in refusal(tmp_path, files)


def test_a_document_that_is_far_too_long_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(DOCUMENT, bytes(17 << 20))
    with pytest.raises(MetadataError, match="at most 16777216 are read"):
        read_metadata(file)


def test_a_flipped_byte_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    with zipfile.ZipFile(file, "w") as archive:
        document = to_extra_files(METADATA)["sconce/model.json"]
        archive.writestr(DOCUMENT, document)
    content = bytearray(file.read_bytes())
    content[content.index(b"sconce.model")] ^= 1
    file.write_bytes(content)
    with pytest.raises(MetadataError, match="Bad CRC-32.*copy it again"):
        read_metadata(file)


def test_what_is_no_archive(tmp_path: Path) -> None:
    file = tmp_path / "model.pt"
    file.write_bytes(b"nothing")
    with pytest.raises(MetadataError, match="the archive cannot be read"):
        read_metadata(file)
    with pytest.raises(FileNotFoundError):
        read_metadata(tmp_path / "gone.pt")
