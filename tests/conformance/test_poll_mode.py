"""--model-control-mode=poll: what is served follows the folders."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.factor_models import (
    add_version,
    ask,
    index_of,
    replace_archive,
    wait_for_answer,
    write_archive,
)
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

FLAGS = ("--model-control-mode=poll", "--model-probe=false")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two repositories; each test has models of its own there."""
    return [tmp_path_factory.mktemp(name) for name in ("first", "second")]


@pytest.fixture(scope="module")
def repository(folders: list[Path]) -> Path:
    return folders[0]


@pytest.fixture(scope="module")
def server(folders: list[Path], binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess(folders, *FLAGS, binary=binary) as process:
        yield process


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


def versions(client: InferenceServerClient, model: str) -> set[str]:
    return set(index_of(client, model))


def write_config(folder: Path, text: str) -> None:
    draft = folder / ".config"
    draft.write_text(text)
    draft.rename(folder / "config.pbtxt")


def test_a_new_version_takes_the_place_of_the_old(
    repository: Path, client: InferenceServerClient
) -> None:
    add_version(repository, "grows", 1)
    wait_for_answer(client, "grows", "1", 1.0)
    add_version(repository, "grows", 2)
    wait_for_answer(client, "grows", "2", 2.0)
    eventually(lambda: versions(client, "grows") == {"2"}, "version 1 to go")


def test_other_content_of_the_same_version(
    repository: Path, client: InferenceServerClient
) -> None:
    archive = add_version(repository, "replaced", 1, factor=5.0)
    wait_for_answer(client, "replaced", "1", 5.0)
    replace_archive(archive, 6.0)
    seen = set()

    def is_replaced() -> bool:
        seen.add(ask(client, "replaced"))  # none may fail
        return ("1", 6.0) in seen

    eventually(is_replaced, "the new content")
    assert seen == {("1", 5.0), ("1", 6.0)}
    assert ask(client, "replaced") == ("1", 6.0)


def test_what_is_deleted_is_unloaded(
    repository: Path, client: InferenceServerClient
) -> None:
    add_version(repository, "shrinks", 1)
    add_version(repository, "shrinks", 2)
    wait_for_answer(client, "shrinks", "2", 2.0)
    shutil.rmtree(repository / "shrinks/2")
    wait_for_answer(client, "shrinks", "1", 1.0)
    eventually(lambda: versions(client, "shrinks") == {"1"}, "2 to go")
    shutil.rmtree(repository / "shrinks")
    eventually(lambda: not versions(client, "shrinks"), "the model to go")
    with pytest.raises(InferenceServerException) as caught:
        ask(client, "shrinks")
    assert caught.value.status() == "StatusCode.NOT_FOUND"


@pytest.mark.parametrize(
    ("name", "policy", "expected"),
    [
        ("latest", "latest { num_versions: 2 }", {"2", "3"}),
        ("all", "all {}", {"1", "2", "3"}),
        ("specific", "specific { versions: [1, 3] }", {"1", "3"}),
    ],
)
def test_version_policies(
    repository: Path,
    client: InferenceServerClient,
    name: str,
    policy: str,
    expected: set[str],
) -> None:
    model = f"policy_{name}"
    for version in (1, 2, 3):
        add_version(repository, model, version)
    wait_for_answer(client, model, "3", 3.0)
    eventually(lambda: versions(client, model) == {"3"}, "the latest alone")
    write_config(repository / model, f"version_policy {{ {policy} }}")
    eventually(lambda: versions(client, model) == expected, name)
    for version in expected:
        eventually(lambda v=version: client.is_model_ready(model, v), version)
        assert ask(client, model, version) == (version, float(version))


def test_a_config_that_changes_applies(
    repository: Path, client: InferenceServerClient
) -> None:
    add_version(repository, "configured", 1)
    wait_for_answer(client, "configured", "1", 1.0)

    def max_batch_size() -> int:
        config = client.get_model_config("configured").config
        return int(config.max_batch_size)

    for size in (4, 9):
        write_config(repository / "configured", f"max_batch_size: {size}")
        eventually(lambda s=size: max_batch_size() == s, f"size {size}")
    assert ask(client, "configured") == ("1", 1.0)


def test_a_bare_file(repository: Path, client: InferenceServerClient) -> None:
    for factor in (3.0, 4.0):
        draft = write_archive(repository / ".bare.pt", factor)
        draft.rename(repository / "bare.pt")
        wait_for_answer(client, "bare", "1", factor)
    (repository / "bare.pt").unlink()
    eventually(lambda: not versions(client, "bare"), "the model to go")


def test_the_first_repository_hides_the_second(
    folders: list[Path], client: InferenceServerClient
) -> None:
    first, second = folders
    add_version(second, "twice", 1, factor=2.0)
    wait_for_answer(client, "twice", "1", 2.0)
    add_version(first, "twice", 1, factor=9.0)
    wait_for_answer(client, "twice", "1", 9.0)
    shutil.rmtree(first / "twice")
    wait_for_answer(client, "twice", "1", 2.0)


def check_broken(
    client: InferenceServerClient,
    model: str,
    expected: Callable[[dict[str, tuple[str, str]]], bool],
) -> None:
    """The old one serves, and the index shows what is expected."""
    eventually(lambda: expected(index_of(client, model)), "the failed load")
    assert ask(client, model) == ("1", 1.0)
    assert client.is_model_ready(model)
    assert client.is_server_ready()
    for _, reason in index_of(client, model).values():
        assert "/" not in reason


def test_a_broken_new_version_and_its_repair(
    repository: Path, client: InferenceServerClient
) -> None:
    add_version(repository, "mended", 1)
    wait_for_answer(client, "mended", "1", 1.0)
    draft = repository / ".broken"
    draft.mkdir()
    (draft / "model.pt").write_text("no model at all\n")
    draft.rename(repository / "mended/2")
    check_broken(
        client,
        "mended",
        lambda index: (
            index.get("2", ("", ""))[0] == "UNAVAILABLE"
            and index["2"][1] != ""
            and index["1"] == ("READY", "")
        ),
    )
    replace_archive(repository / "mended/2/model.pt", 2.0)
    wait_for_answer(client, "mended", "2", 2.0)


def test_broken_content_of_the_same_version_and_its_repair(
    repository: Path, client: InferenceServerClient
) -> None:
    archive = add_version(repository, "mended_same", 1)
    wait_for_answer(client, "mended_same", "1", 1.0)
    draft = repository / ".broken_same"
    draft.write_text("no model at all\n")
    draft.rename(archive)
    check_broken(
        client,
        "mended_same",
        lambda index: (
            index["1"][0] == "READY" and "reload failed" in index["1"][1]
        ),
    )
    replace_archive(archive, 7.0)
    wait_for_answer(client, "mended_same", "1", 7.0)
    assert index_of(client, "mended_same") == {"1": ("READY", "")}
