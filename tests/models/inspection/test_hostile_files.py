"""Files that act while they are loaded, or are damaged, are refused."""

import zipfile
from pathlib import Path

import pytest
from torch import nn

from sconce.inspect.archive_file import ArchiveFile
from sconce.inspect.code_scan import find_word
from sconce.inspect.errors import InspectError
from sconce.inspect.pickled import Inert, read_pickle
from sconce.inspect.records import CHUNK, Records
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


def test_a_class_named_by_a_pickle_is_never_called(tmp_path: Path) -> None:
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
    with Records(archive) as records:
        value, _ = read_pickle(records, "data.pkl")
    assert isinstance(value, Inert)
    assert not touched.exists()


def test_a_damaged_code_record_is_named(tmp_path: Path) -> None:
    plain = archives.scripted(nn.ReLU(), tmp_path / "plain.pt")
    path = archives.rewritten(plain, tmp_path / "relu.pt", lambda _, d: d)
    content = path.read_bytes()
    assert b"torch.relu" in content
    path.write_bytes(content.replace(b"torch.relu", b"torch.tanh"))
    with pytest.raises(InspectError, match=r"functional\.py' is damaged"):
        ArchiveFile.open(path)


def test_a_damaged_pickle_is_named(tmp_path: Path) -> None:
    plain = archives.scripted(nn.Linear(2, 2), tmp_path / "plain.pt")
    broken = archives.rewritten(
        plain,
        tmp_path / "broken.pt",
        lambda name, data: data[:-20] if name.endswith("data.pkl") else data,
    )
    with Records(broken) as records:
        with pytest.raises(InspectError, match="data.pkl is damaged"):
            read_pickle(records, "data.pkl")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut off"])
def test_another_kind_of_file_is_sent_to_check(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(content)
    with pytest.raises(InspectError, match=f"'sconce check {path}'"):
        ArchiveFile.open(path)
