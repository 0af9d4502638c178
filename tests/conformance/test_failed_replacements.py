"""A load that fails takes nothing away, whatever else is asked for then."""

import io
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import torch
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.factor_models import (
    Times,
    add_version,
    ask,
    index_of,
    write_archive,
)
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal, upload
from sconce_support.waiting import eventually

EXPLICIT = ("--model-control-mode", "explicit", "--load-model", "*")
CODES = grpc.StatusCode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    add_version(made, "net", 1)
    return made


@pytest.fixture
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess([folder], *EXPLICIT, binary=binary) as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


@pytest.fixture
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.management_address) as made:
        yield made


def archive(factor: float) -> bytes:
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(Times(factor).eval()), buffer)
    return buffer.getvalue()


def add_broken(folder: Path, version: int) -> None:
    draft = folder / f".draft-{version}"
    draft.mkdir()
    (draft / "model.pt").write_bytes(b"junk")
    draft.rename(folder / "net" / str(version))


def serve_two(folder: Path, management: Management) -> None:
    """1 under the alias `stable`, 2 for all others."""
    management.SetAliases(name="net", set={"stable": 1})
    add_version(folder, "net", 2)
    management.LoadModel(name="net")


def ready(client: InferenceServerClient) -> set[str]:
    return {v for v, (state, _) in index_of(client, "net").items()
            if state == "READY"}


def test_it_takes_no_version_beside_an_aliased_one(
    folder: Path, client: InferenceServerClient, management: Management
) -> None:
    serve_two(folder, management)
    code, _ = refusal(lambda: upload(management, b"junk" * 99, "net"))
    assert code == CODES.INVALID_ARGUMENT
    assert ready(client) == {"1", "2"}
    assert ask(client, "net") == ("2", 2.0)


def test_polling_keeps_it_too(folder: Path, binary: Path) -> None:
    with (
        ServerProcess(
            [folder], "--model-control-mode=poll", binary=binary
        ) as process,
        InferenceServerClient(process.grpc_address) as client,
        Management(process.management_address) as management,
    ):
        management.SetAliases(name="net", set={"stable": 1})
        add_version(folder, "net", 2)
        eventually(lambda: ask(client, "net")[0] == "2", "version 2")
        add_broken(folder, 3)
        eventually(
            lambda: index_of(client, "net").get("3", ("",))[0]
            == "UNAVAILABLE",
            "version 3 to fail",
        )
        assert ask(client, "net") == ("2", 2.0)


@pytest.fixture
def failed(
    folder: Path, client: InferenceServerClient, management: Management
) -> None:
    """1 and 2 serve, and a load of 3 has failed."""
    serve_two(folder, management)
    add_broken(folder, 3)
    refusal(lambda: management.LoadModel(name="net"))
    assert ready(client) == {"1", "2"}


@pytest.mark.usefixtures("failed")
def test_what_serves_can_be_unloaded(
    client: InferenceServerClient, management: Management
) -> None:
    management.UnloadModel(name="net", versions=[2])
    assert ask(client, "net") == ("1", 1.0)


@pytest.mark.usefixtures("failed")
def test_what_serves_is_unloaded_before_it_is_deleted(
    client: InferenceServerClient, management: Management
) -> None:
    management.DeleteVersion(name="net", version=2)
    assert ask(client, "net") == ("1", 1.0)
    with pytest.raises(InferenceServerException):
        ask(client, "net", "2")


@pytest.mark.usefixtures("failed")
def test_deleting_what_failed_leaves_the_others(
    client: InferenceServerClient, management: Management
) -> None:
    management.DeleteVersion(name="net", version=3)
    assert set(index_of(client, "net")) == {"1", "2"}
    assert ask(client, "net") == ("2", 2.0)


@pytest.mark.usefixtures("failed")
def test_the_next_load_begins_with_what_serves(
    folder: Path, client: InferenceServerClient, management: Management
) -> None:
    add_version(folder, "net", 4)
    management.LoadModel(name="net", versions=[4])
    assert ready(client) == {"1", "2", "4"}
    assert ask(client, "net", "stable") == ("1", 1.0)


def test_an_upload_keeps_what_was_loaded_by_number(
    folder: Path, client: InferenceServerClient, management: Management
) -> None:
    add_version(folder, "net", 2)
    management.LoadModel(name="net", versions=[1, 2])
    assert upload(management, archive(3.0), "net") == 3
    assert ready(client) == {"1", "2", "3"}


def test_files_of_a_request_keep_what_an_alias_leads_to(
    folder: Path, client: InferenceServerClient, management: Management
) -> None:
    serve_two(folder, management)
    client.load_model("net", config="{}", files={"file:3/model.pt": archive(3)})
    assert ask(client, "net") == ("3", 3.0)
    assert ask(client, "net", "stable") == ("1", 1.0)


def test_the_history_counts_what_an_unload_changed(
    folder: Path, client: InferenceServerClient, management: Management
) -> None:
    add_version(folder, "net", 2)
    management.LoadModel(name="net", versions=[1, 2])
    management.UnloadModel(name="net", versions=[2])
    assert ask(client, "net")[0] == "1"
    assert management.Rollback(name="net").version == 2
    assert ask(client, "net") == ("2", 2.0)


@pytest.mark.parametrize("name", ["", "../net", "a/b", "nobody"])
def test_aliases_are_for_models_that_there_are(
    folder: Path, management: Management, name: str
) -> None:
    code, _ = refusal(lambda: management.SetAliases(name=name))
    assert code in (CODES.INVALID_ARGUMENT, CODES.NOT_FOUND)
    state = folder / ".sconce/state.json"
    assert not state.exists() or name == "" or name not in state.read_text()


def test_there_is_no_version_above_the_highest(
    management: Management,
) -> None:
    highest = 2**63 - 1
    assert upload(
        management, archive(2.0), "net", version=highest
    ) == highest
    code, message = refusal(lambda: upload(management, archive(3.0), "net"))
    assert code == CODES.FAILED_PRECONDITION
    assert "upload under a number of your choice" in message


def test_own_folder_must_be_no_link(
    folder: Path, tmp_path: Path, binary: Path
) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    write_archive(precious / "model.pt", 1.0)
    (folder / ".sconce").mkdir()
    (folder / ".sconce/uploads").symlink_to(precious)
    with pytest.raises(Exception) as caught, ServerProcess(
        [folder], *EXPLICIT, binary=binary
    ):
        pass
    assert "is a link" in "".join(getattr(caught.value, "__notes__", []))
    assert (precious / "model.pt").exists()
