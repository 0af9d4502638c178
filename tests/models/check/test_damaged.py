"""Files that were whole once: what is wrong is said, nothing is raised."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from sconce.archive import to_extra_files
from sconce.check import Kind, check_file
from tests.models.archive.examples import METADATA
from tests.models.check import files
from tests.models.check.files import Write, saved

WRITERS = [
    files.scripted,
    files.safetensors_file,
    saved(files.weights),
    saved(files.weights, new=False),
    files.legacy_tar(files.TAR_VALUE, files.TAR_TENSORS),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "model.pt"


@pytest.mark.parametrize("write", WRITERS)
def test_no_beginning_of_a_file_passes(path: Path, write: Write) -> None:
    write(path)
    whole = path.read_bytes()
    steps = {*range(0, len(whole), 97), 1, 8, 9, 60, len(whole) - 1}
    for length in sorted(steps):
        path.write_bytes(whole[:length])
        found = check_file(path)
        assert not found.servable
        assert found.advice
        if found.kind not in (Kind.DAMAGED, Kind.EMPTY, Kind.OTHER):
            padding = not whole[length:].strip(b"\0")  # of a tar file
            assert found.problems or padding, f"{length} of {len(whole)}"


@pytest.mark.parametrize("write", [*WRITERS, files.onnx_model, files.mobile])
@pytest.mark.filterwarnings("ignore")
def test_any_flipped_byte_is_survived(path: Path, write: Write) -> None:
    write(path)
    whole = bytearray(path.read_bytes())
    for position in range(0, len(whole), max(1, len(whole) // 150)):
        whole[position] ^= 0xFF
        path.write_bytes(whole)
        check_file(path)
        whole[position] ^= 0xFF


def test_a_flipped_weight_is_noticed(path: Path) -> None:
    files.scripted(path)
    whole = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        name = next(n for n in archive.namelist() if n.endswith("data/0"))
        content = archive.read(name)
    whole[whole.index(content)] ^= 1
    path.write_bytes(whole)
    found = check_file(path)
    assert found.kind is Kind.TORCHSCRIPT
    assert not found.servable
    assert found.problems == [f"{name}: Bad CRC-32 for file '{name}'"]
    assert found.advice.startswith("copy it again")


def test_a_file_cut_short_says_so(path: Path) -> None:
    files.scripted(path)
    path.write_bytes(path.read_bytes()[:-100])
    assert "its end is missing: the file was cut short" in (
        check_file(path).title
    )


def test_a_pickle_without_the_end_of_its_weights(path: Path) -> None:
    saved(files.weights, new=False)(path)
    path.write_bytes(path.read_bytes()[:-5])
    found = check_file(path)
    assert found.kind is Kind.STATE_DICT
    assert found.problems == ["the last 5 bytes are missing"]


Change = Callable[[dict[str, bytes]], object]


def rewrite(path: Path, change: Change) -> None:
    """Changes the records of an archive, by their names in the folder."""
    with zipfile.ZipFile(path) as archive:
        top = archive.namelist()[0].split("/")[0]
        records = {
            name.removeprefix(f"{top}/"): archive.read(name)
            for name in archive.namelist()
        }
    change(records)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in records.items():
            archive.writestr(f"{top}/{name}", content)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda r: r.update({"data/0": b"1234"}),
            "needs 16 bytes, its record has 4",
        ),
        (lambda r: r.pop("data/0"), "has no record"),
        (
            lambda r: r.update({"version": b"99\n"}),
            "format version 99 is newer than 10",
        ),
        (
            lambda r: r.update({"extra/sconce/model.json": b"{}"}),
            "sconce/model.json: format: missing",
        ),
    ],
)
def test_an_archive_that_torch_would_load_wrongly(
    path: Path, change: Change, problem: str
) -> None:
    files.scripted(path)
    rewrite(path, change)
    found = check_file(path)
    assert found.kind is Kind.TORCHSCRIPT
    assert not found.servable
    assert len(found.problems) == 1
    assert problem in found.problems[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.pop("data.pkl"), "no record data.pkl"),
        (lambda r: r.update({"data.pkl": b"\x80\x02(("}), "malformed"),
        (lambda r: r.pop("version"), "no version record"),
        (
            lambda r: [r.pop(n) for n in list(r) if n.startswith("code/")],
            "constants.pkl but no code",
        ),
    ],
)
def test_an_archive_without_an_important_record(
    path: Path, change: Change, words: str
) -> None:
    files.scripted(path)
    rewrite(path, change)
    found = check_file(path)
    assert found.kind is Kind.DAMAGED
    assert words in found.title


def test_metadata_is_told(path: Path) -> None:
    module = torch.jit.trace(torch.nn.Linear(3, 1), torch.ones(2, 3))
    torch.jit.save(
        module, str(path), _extra_files=to_extra_files(METADATA)
    )
    found = check_file(path)
    assert found.servable
    assert found.facts["metadata"] == (
        "1 methods, 2 golden examples, 1 allowed mismatches"
    )


@pytest.mark.parametrize("form", ["pt3", "\x00"])
def test_a_pt2_package_of_another_format(path: Path, form: str) -> None:
    files.exported_program(path)
    rewrite(path, lambda r: r.update(archive_format=form.encode()))
    found = check_file(path)
    assert found.kind is Kind.DAMAGED
    assert "expected 'pt2'" in found.title


def test_a_program_whose_weights_are_described_oddly(path: Path) -> None:
    files.exported_program(path)
    config = {"config": {"a": {"tensor_meta": {"sizes": [{"as_int": -1}]}}}}
    name = "data/weights/model_weights_config.json"
    rewrite(path, lambda r: r.update({name: json.dumps(config).encode()}))
    found = check_file(path)
    assert found.kind is Kind.EXPORTED_PROGRAM
    assert not found.tensors
