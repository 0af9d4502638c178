"""Files made to hang a reader or to take all its memory.

Each is checked in a process that may have 700 MB and 20 s of processor time:
what goes beyond is killed, so that no clock is read here.
"""

import io
import json
import pickle
import pickletools
import resource
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.models.conftest import ROOT

MEMORY, SECONDS = 700 << 20, 20
MAGIC = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def check(path: Path) -> dict[str, object]:
    """What `sconce check --json` says under the limits."""
    done = subprocess.run(
        [sys.executable, "-m", "sconce.cli", "check", "--json", str(path)],
        cwd=ROOT,
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    (found,) = json.loads(done.stdout)
    assert not found["servable"]
    return found


def saved_zip(pickled: bytes, compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        archive.writestr("model/data.pkl", pickled)
        archive.writestr("model/version", "3")
    return stream.getvalue()


def nested_lists() -> bytes:
    return b"\x80\x02" + b"]" * 500_000 + b"a" * 499_999 + b"."


def nested_marks() -> bytes:
    return b"\x80\x02" + b"(" * 1_900_000


def endless() -> bytes:
    return b"\x80\x02" + b"N0" * 3_000_000 + b"N."


def doubling() -> bytes:
    """Lists of lists: 2**200 leaves in 1 kB."""
    step = b"](h\x00h\x00eq\x00"
    return b"\x80\x02]q\x00" + step * 200 + b"."


def wide_and_deep() -> bytes:
    """A dict of many names for the same dict of many names for the same."""
    level = b"}q\x01("
    for index in range(2000):
        level += b"X" + struct.pack("<L", 4) + b"%04d" % index + b"h\x00"
    level += b"uq\x00"
    return b"\x80\x02}q\x00" + level * 20 + b"."


def claimed_string() -> bytes:
    return b"\x80\x04\x8d" + struct.pack("<Q", 1 << 40) + b"x."


def claimed_bytes() -> bytes:
    return b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"x."


def large_number() -> bytes:
    number = b"\x8b" + struct.pack("<l", 8_000_000) + b"\x7f" * 8_000_000
    return b"\x80\x02}" + number + b"]s."


def code(marker: Path) -> bytes:
    """Makes the file `marker` when it is unpickled."""
    return b"cos\nsystem\n(S'touch " + bytes(marker) + b"'\ntR."


def itself() -> bytes:
    """A dict that holds itself, whose state is itself."""
    value = b"ccollections\nOrderedDict\n)Rq\x00"
    return b"\x80\x02" + value + b"X\x01\x00\x00\x00ah\x00sh\x00b."


PICKLES: list[Callable[[], bytes]] = [
    nested_lists,
    nested_marks,
    endless,
    doubling,
    wide_and_deep,
    claimed_string,
    claimed_bytes,
    large_number,
    itself,
]


@pytest.mark.parametrize(
    ("make", "form"),
    [
        *((make, "zip") for make in PICKLES),
        (doubling, "legacy"),
        (wide_and_deep, "legacy"),
        (endless, "plain"),
    ],
)
def test_pickles(
    tmp_path: Path, make: Callable[[], bytes], form: str
) -> None:
    path = tmp_path / "model.pt"
    data = make()
    if form == "zip":
        data = saved_zip(data)
    elif form == "legacy":
        head = pickle.dumps(1001, 2) + pickle.dumps({}, 2)
        data = MAGIC + head + data + pickle.dumps([], 2)
    path.write_bytes(data)
    check(path)


def test_what_a_pickle_calls_is_not_called(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    program = code(marker)
    assert any(op.name == "REDUCE" for op, _, _ in pickletools.genops(program))
    for data in (saved_zip(program), b"\x80\x02" + program):
        path = tmp_path / "model.pt"
        path.write_bytes(data)
        assert "os.system" in str(check(path)["title"])
        assert not marker.exists()


def test_a_zip_bomb(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", pickle.dumps({}, 2))
        with archive.open("model/data/0", "w", force_zip64=True) as record:
            for _ in range(64):
                record.write(bytes(1 << 20))
    found = check(path)
    assert "claim 671" in str(found["problems"])


def test_a_pickle_that_unpacks_to_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("model/data.pkl", "w") as record:
            for _ in range(80):
                record.write(bytes(1 << 20))
    assert check(path)["kind"] == "damaged"


def test_a_zip_file_with_a_huge_directory(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    entry = b"PK\1\2" + bytes(24) + struct.pack("<HHH", 1, 0, 0) + bytes(12)
    directory = (entry + b"x") * 2_000_000
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, len(directory), 0, 0
    )
    path.write_bytes(b"PK\3\4" + directory + end)
    assert "its directory has" in str(check(path)["title"])


def test_many_small_records(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    with zipfile.ZipFile(path, "w") as archive:
        for index in range(10_000):
            archive.writestr(f"m/{index}", b"")
    check(path)


def test_a_large_sparse_file(tmp_path: Path) -> None:
    for head in (b"PK\3\4", b"\x80\x02", b"\x08\x09\x12", MAGIC, b"ab"):
        path = tmp_path / "model.pt"
        with path.open("wb") as file:
            file.write(head)
            file.truncate(1 << 28)
        check(path)


def varint(value: int) -> bytes:
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def test_an_onnx_model_of_millions_of_empty_nodes(tmp_path: Path) -> None:
    graph = b"\x0a\x00" * 2_000_000
    path = tmp_path / "model.pt"
    path.write_bytes(b"\x08\x09\x3a" + varint(len(graph)) + graph)
    check(path)


def test_safetensors_that_claim_a_huge_header(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    for length in (1 << 39, 1 << 30):
        path.write_bytes(struct.pack("<Q", length) + b"{" + bytes(100))
        assert check(path)["kind"] == "damaged"


def test_a_tar_file_of_endless_members(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    member = tarfile.TarInfo("a" * 90).tobuf(tarfile.USTAR_FORMAT)
    path.write_bytes(member * 100_000)
    check(path)


def test_names_cannot_write_on_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    torch.save({"\x1b[2Jgone\nSconce can serve it": torch.ones(1)}, path)
    done = subprocess.run(
        [sys.executable, "-m", "sconce.cli", "check", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "\x1b" not in done.stdout
    assert "\nSconce can serve it" not in done.stdout


def test_a_compression_that_torch_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(saved_zip(pickle.dumps({}, 2), zipfile.ZIP_LZMA))
    found = check(path)
    assert "compressed by method 14" in f"{found['title']}"
