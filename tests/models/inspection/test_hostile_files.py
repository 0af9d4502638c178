"""Files that act while they are loaded, or are damaged, are refused."""

import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from sconce.inspect.archive_file import ArchiveFile
from sconce.inspect.code_scan import CHUNK, find_word
from sconce.inspect.errors import InspectError
from sconce.inspect.saved import Saved
from tests.models.inspection import archives


def test_setstate_is_refused_by_name(tmp_path: Path) -> None:
    path = archives.scripted(archives.Waking(), tmp_path / "waking.pt")
    with pytest.raises(InspectError, match=r"has __setstate__.*--trust"):
        ArchiveFile.open(path)


def test_from_file_is_refused_by_name(tmp_path: Path) -> None:
    path = archives.scripted(archives.Reading(), tmp_path / "reading.pt")
    with pytest.raises(InspectError, match=r"has from_file.*--trust"):
        ArchiveFile.open(path)


def test_trust_loads_it(tmp_path: Path) -> None:
    path = archives.scripted(archives.Waking(), tmp_path / "waking.pt")
    found = ArchiveFile.open(path, trust=True).inspect()
    assert "__setstate__" in [each.name for each in found.methods]


def test_code_in_a_record_with_another_case_is_seen(tmp_path: Path) -> None:
    plain = archives.scripted(nn.ReLU(), tmp_path / "plain.pt")
    with zipfile.ZipFile(plain, "a") as file:
        file.writestr("plain/CODE/extra.PY", "def __setstate__(self): ...")
    with pytest.raises(InspectError, match="CODE/extra.PY has __setstate__"):
        ArchiveFile.open(plain)


def test_a_word_across_a_chunk_border_is_found() -> None:
    chunks = [b" " * (CHUNK - 5) + b"__set", b"state__(self)"]
    assert find_word(iter(chunks)) == b"__setstate__"


def test_other_code_is_not_mistaken() -> None:
    assert find_word(iter([b"def forward(self, state): set(state)"])) is None


def test_a_function_named_by_a_pickle_is_never_called(tmp_path: Path) -> None:
    plain = archives.scripted(nn.ReLU(), tmp_path / "plain.pt")
    touched = tmp_path / "touched"
    attack = f"cpathlib\nPath.touch\n(cpathlib\nPath\n(V{touched}\ntRtR."
    archive = archives.rewritten(
        plain,
        tmp_path / "attack.pt",
        lambda name, data: attack.encode()
        if name.endswith("data.pkl")
        else data,
    )
    saved = Saved(archive)
    assert saved.devices() == {}
    assert not touched.exists()


def test_a_damaged_code_record_is_named(tmp_path: Path) -> None:
    plain = archives.scripted(nn.ReLU(), tmp_path / "plain.pt")
    path = archives.rewritten(plain, tmp_path / "relu.pt", lambda _, d: d)
    content = path.read_bytes()
    assert b"torch.relu" in content
    path.write_bytes(content.replace(b"torch.relu", b"torch.tanh"))
    with pytest.raises(InspectError, match=r"functional\.py: Bad CRC-32"):
        ArchiveFile.open(path)


def test_a_damaged_pickle_is_named(tmp_path: Path) -> None:
    plain = archives.scripted(nn.Linear(2, 2), tmp_path / "plain.pt")
    broken = archives.rewritten(
        plain,
        tmp_path / "broken.pt",
        lambda name, data: data[:-20] if name.endswith("data.pkl") else data,
    )
    with pytest.raises(InspectError, match="pickle is malformed"):
        Saved(broken)


def test_a_tensor_whose_record_is_short_is_refused(tmp_path: Path) -> None:
    """LibTorch would load it, with whatever is in memory as weights."""
    plain = archives.scripted(nn.Linear(2, 2), tmp_path / "plain.pt")
    short = archives.rewritten(
        plain,
        tmp_path / "short.pt",
        lambda name, data: data[:4] if "/data/" in name else data,
    )
    with pytest.raises(InspectError, match="needs 16 bytes, its record has 4"):
        ArchiveFile.open(short)


def test_code_hidden_under_a_second_top_folder_is_seen(tmp_path: Path) -> None:
    path = archives.scripted(archives.Waking(), tmp_path / "waking.pt")
    with zipfile.ZipFile(path, "a") as file:
        for name in [n for n in file.namelist() if n.endswith(".py")]:
            file.writestr(name.replace("waking/", "other/"), "")
    with pytest.raises(InspectError, match="waking/.* has __setstate__"):
        ArchiveFile.open(path)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty: 0 bytes"),
        (b"text\n", "text"),
        (b"PK\3\4 cut", "cut short"),
    ],
)
def test_another_kind_of_file_is_named_and_sent_to_check(
    tmp_path: Path, content: bytes, what: str
) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(InspectError, match=f"{what}.*'sconce check {path}'"):
        ArchiveFile.open(path)


def test_a_state_dict_is_named(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "weights.pt")
    with pytest.raises(InspectError, match="state_dict.*only TorchScript"):
        ArchiveFile.open(tmp_path / "weights.pt")


@pytest.mark.parametrize(
    "traced",
    [
        "(tR.",  # a call of nothing
        "ctorch.jit._pickle\nrestore_type_tag\n(tR.",  # without arguments
        "(dVforward\n(lVdeep\nas.",
        "(dVforward\nL" + "9" * 9000 + "L\ns.",
    ],
)
def test_odd_traced_inputs_are_damaged_or_nothing(
    tmp_path: Path, traced: str
) -> None:
    path = archives.scripted(nn.ReLU(), tmp_path / "relu.pt")
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("relu/traced_inputs.pkl", traced)
    try:
        examples = Saved(path).examples()
    except InspectError as error:
        assert "malformed" in str(error)
    else:
        assert examples in ({}, {"forward": ["deep"]})
