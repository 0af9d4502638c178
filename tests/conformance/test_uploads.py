"""UploadModel: an archive comes into the repository whole, proven and loaded,
or nothing of it is left there."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.factor_models import add_version, ask, write_archive
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import (
    chunks,
    header_of,
    refusal,
    tree,
    upload,
)

EXPLICIT = ("--model-control-mode", "explicit")
KEPT = {"kept", "kept/1", "kept/1/model.pt"}

CODES = grpc.StatusCode
TEXT = b"no model at all\n" * 10

# What is wrong -> bytes, header, code, and a part of the message.
Refusal = tuple[bytes, dict[str, Any], grpc.StatusCode, str]
REFUSALS: dict[str, Refusal] = {
    "hash": (TEXT, {"sha256": "0" * 64}, CODES.INVALID_ARGUMENT, "sha256"),
    "no_hash": (TEXT, {"sha256": "abc"}, CODES.INVALID_ARGUMENT, "64 digits"),
    "too_few": (TEXT, {"size": 161}, CODES.INVALID_ARGUMENT, "after 160"),
    "too_many": (TEXT, {"size": 159}, CODES.INVALID_ARGUMENT, "more than 159"),
    "no_size": (TEXT, {"size": 0}, CODES.INVALID_ARGUMENT, "size is 0"),
    "oversize": (
        TEXT,
        {"size": 1 << 40},
        CODES.RESOURCE_EXHAUSTED,
        "the server takes at most",
    ),
    "no_archive": (
        TEXT,
        {},
        CODES.INVALID_ARGUMENT,
        "expected a TorchScript archive",
    ),
    "version": (TEXT, {"version": -1}, CODES.INVALID_ARGUMENT, "version is -1"),
    "exists": (TEXT, {"version": 1}, CODES.ALREADY_EXISTS, "version 1"),
    "up": (TEXT, {"name": "../up"}, CODES.INVALID_ARGUMENT, "../up"),
    "dots": (TEXT, {"name": ".."}, CODES.INVALID_ARGUMENT, ".."),
    "nameless": (TEXT, {"name": ""}, CODES.INVALID_ARGUMENT, "name"),
    "bare_file": (
        TEXT,
        {"name": "bare"},
        CODES.FAILED_PRECONDITION,
        "single file",
    ),
    "new_model": (
        TEXT,
        {"name": "new"},
        CODES.INVALID_ARGUMENT,
        "expected a TorchScript archive",
    ),
}


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Each multiplies by its index."""
    folder = tmp_path_factory.mktemp("archives")
    return [
        write_archive(folder / f"{i}.pt", float(i)).read_bytes()
        for i in range(8)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("repository")
    add_version(made, "kept", 1)
    write_archive(made / "bare.pt", 1.0)
    return made


@pytest.fixture(scope="module")
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    flags = (*EXPLICIT, "--load-model", "*", "--max-model-memory", "1GiB")
    with ServerProcess([folder], *flags, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture(scope="module")
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.management_address) as made:
        yield made


def test_a_new_model_its_next_and_a_given_version(
    folder: Path,
    management: Management,
    client: InferenceServerClient,
    archives: list[bytes],
) -> None:
    before = tree(folder)
    assert upload(management, archives[3], "good") == 1
    assert ask(client, "good") == ("1", 3.0)
    assert upload(management, archives[4], "good") == 2
    assert ask(client, "good") == ("2", 4.0)
    assert upload(management, archives[5], "good", version=9) == 9
    assert ask(client, "good") == ("9", 5.0)
    assert upload(management, archives[6], "good") == 10
    assert ask(client, "good") == ("10", 6.0)
    files = {f"good/{v}/model.pt" for v in (1, 2, 9, 10)}
    assert {path for path in tree(folder) - before if ".pt" in path} == files
    # Not the newest, but asked for by its number: it is loaded, too.
    assert upload(management, archives[7], "good", version=5) == 5
    assert ask(client, "good", "5") == ("5", 7.0)
    assert ask(client, "good") == ("10", 6.0)


@pytest.mark.parametrize("what", REFUSALS)
def test_what_is_refused_leaves_nothing(
    folder: Path,
    management: Management,
    client: InferenceServerClient,
    what: str,
) -> None:
    data, fields, code, text = REFUSALS[what]
    before = tree(folder)
    header = header_of(data, **{"name": "kept"} | fields)
    refused = refusal(lambda: management.upload(chunks(data), **header))
    assert tree(folder) == before
    assert refused[0] == code, refused
    assert text in refused[1]
    assert str(folder) not in refused[1]
    assert ask(client, "kept") == ("1", 1.0)
    (kept,) = [m for m in management.ListModels().models if m.name == "kept"]
    assert [(v.version, v.state) for v in kept.versions] == [(1, "READY")]
    assert "new" not in {m.name for m in management.ListModels().models}


@pytest.mark.parametrize("mode", ["none", "poll"])
def test_other_control_modes_name_the_flag(
    tmp_path: Path, binary: Path, archives: list[bytes], mode: str
) -> None:
    add_version(tmp_path, "kept", 1)
    flags = ("--model-control-mode", mode)
    with (
        ServerProcess([tmp_path], *flags, binary=binary) as process,
        Management(process.management_address) as management,
    ):
        code, text = refusal(lambda: upload(management, archives[2], "kept"))
    assert code == CODES.FAILED_PRECONDITION
    assert f"--model-control-mode={mode}" in text
    assert tree(tmp_path) == KEPT


def test_a_full_disk_leaves_nothing(
    tmp_path: Path, binary: Path, archives: list[bytes]
) -> None:
    if shutil.which("bash") is None:
        pytest.skip("SKIPPED: no bash to limit the size of files with")
    limited = tmp_path / "limited-server"
    limited.write_text(f'#!/bin/bash\nulimit -f 16\nexec {binary} "$@"\n')
    limited.chmod(0o755)
    repository = tmp_path / "repository"
    add_version(repository, "kept", 1)
    flags = (*EXPLICIT, "--load-model", "*")
    with (
        ServerProcess([repository], *flags, binary=limited) as process,
        Management(process.management_address) as management,
        InferenceServerClient(process.grpc_address) as client,
    ):
        large = archives[2] + bytes(64 << 10)
        code, text = refusal(lambda: upload(management, large, "kept"))
        assert code == CODES.RESOURCE_EXHAUSTED, text
        assert tree(repository) == KEPT
        assert upload(management, archives[2], "kept") == 2
        assert ask(client, "kept") == ("2", 2.0)
