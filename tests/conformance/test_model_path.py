"""--model NAME=PATH: one model from wherever a downloader put it, as KServe's
storage initializer does at /mnt/models."""

import shutil
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.admin import get, get_json
from sconce_support.factor_models import (
    add_version,
    ask,
    index_of,
    replace_archive,
    wait_for_answer,
    write_archive,
)
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal, upload

NAME = "served"
QUICK = ("--model-probe=false", "--repository-poll-period=200ms")
NAMELESS = 'max_batch_size: 3 name: "somebody_elses"'


def a_file(path: Path) -> None:
    write_archive(path, 2.0)


def a_folder_with_a_file(path: Path) -> None:
    path.mkdir()
    write_archive(path / "weights.pth", 2.0)
    (path / "README.md").write_text("of a model hub")


def a_file_and_its_config(path: Path) -> None:
    a_folder_with_a_file(path)
    (path / "config.pbtxt").write_text(NAMELESS)


def a_model_folder(path: Path) -> None:
    add_version(path.parent, path.name, 2)


def a_model_folder_and_its_config(path: Path) -> None:
    a_model_folder(path)
    (path / "config.pbtxt").write_text(NAMELESS)


def a_folder_with_a_model_folder(path: Path) -> None:
    path.mkdir()
    a_model_folder_and_its_config(path / "somebody_elses")
    (path / "lost+found").mkdir()


def a_folder_with_a_folder_with_a_file(path: Path) -> None:
    path.mkdir()
    a_folder_with_a_file(path / "somebody_elses")


def links_to_another_volume(path: Path) -> None:
    volume = path.parent / "volume"
    a_model_folder_and_its_config(volume)
    path.mkdir()
    for entry in volume.iterdir():
        (path / entry.name).symlink_to(entry)


# What writes it, the version that it is, and whether a config.pbtxt counts.
LAYOUTS = [
    (a_file, "1", False),
    (a_folder_with_a_file, "1", False),
    (a_file_and_its_config, "1", True),
    (a_model_folder, "2", False),
    (a_model_folder_and_its_config, "2", True),
    (a_folder_with_a_model_folder, "2", True),
    (a_folder_with_a_folder_with_a_file, "1", False),
    (links_to_another_volume, "2", True),
]


def serving(
    path: Path,
    *flags: str,
    repositories: tuple[Path, ...] = (),
    ready: bool = True,
) -> ServerProcess:
    return ServerProcess(
        repositories,
        f"--model={NAME}={path}",
        *QUICK,
        *flags,
        wait_until_ready=ready,
    )


@pytest.mark.parametrize(
    "write, version, configured",
    LAYOUTS,
    ids=[layout[0].__name__ for layout in LAYOUTS],
)
def test_what_a_path_may_hold(
    tmp_path: Path,
    write: Callable[[Path], None],
    version: str,
    configured: bool,
) -> None:
    write(tmp_path / "models")
    with (
        serving(tmp_path / "models") as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert ask(client, NAME) == (version, 2.0)
        index = client.get_model_repository_index().models
        assert [(m.name, m.version) for m in index] == [(NAME, version)]
        if configured:
            config = client.get_model_config(NAME).config
            assert (config.name, config.max_batch_size) == (NAME, 3)
            process.log.wait_for(
                lambda e: e.get("name_in_config") == "'somebody_elses'",
                "word of the other name",
                30,
            )


def two_files(path: Path) -> None:
    path.mkdir()
    write_archive(path / "a.pt", 1.0)
    write_archive(path / "b.pt", 2.0)


def two_models(path: Path) -> None:
    add_version(path, "a", 1)
    add_version(path, "b", 1)


@pytest.mark.parametrize("write", [two_files, two_models])
def test_what_could_mean_several_models_is_not_served(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    write(tmp_path / "models")
    with (
        serving(tmp_path / "models", ready=False) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        process.log.wait_for(
            lambda e: e["message"] == "model failed to load", "failure", 30
        )
        ((state, reason),) = index_of(client, NAME).values()
        assert state == "UNAVAILABLE"
        for word in ("'a", "'b", "; leave one there"):
            assert word in reason
        assert "/" not in reason
        assert get(process.http_address, "/readyz")[0] == 503
        (model,) = get_json(process.http_address, "/models")["models"]
        assert model["reason"] == reason
        with pytest.raises(InferenceServerException) as caught:
            ask(client, NAME)
        assert caught.value.status() == "StatusCode.UNAVAILABLE"


@pytest.mark.parametrize("mode", ["none", "poll", "explicit"])
def test_a_model_that_comes_late_is_waited_for(
    tmp_path: Path, mode: str
) -> None:
    path = tmp_path / "models"
    flag = f"--model-control-mode={mode}"
    with (
        serving(path, flag, ready=False) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        process.log.wait_for(
            lambda e: e["message"] == "model failed to load", "failure", 30
        )
        ((state, reason),) = index_of(client, NAME).values()
        assert state == "UNAVAILABLE"
        assert "No such file or directory" in reason
        assert not client.is_server_ready()
        path.mkdir()  # an empty mount is not the model either
        add_version(tmp_path / "elsewhere", "model", 3)
        (tmp_path / "elsewhere/model/3").rename(path / "3")
        process.wait_ready()
        assert ask(client, NAME) == ("3", 3.0)


def test_beside_a_repository(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    add_version(repository, "other", 1, 5.0)
    add_version(repository, NAME, 7, 7.0)
    a_file(tmp_path / "model.pt")
    with (
        serving(tmp_path / "model.pt", repositories=(repository,)) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert ask(client, "other") == ("1", 5.0)
        assert ask(client, NAME) == ("1", 2.0)
        assert "passed over" in process.log.text()


def test_several_models(tmp_path: Path) -> None:
    write_archive(tmp_path / "a.pt", 3.0)
    write_archive(tmp_path / "b.pt", 4.0)
    flags = [f"--model={name}={tmp_path}/{name}.pt" for name in ("a", "b")]
    with (
        ServerProcess([], *flags, *QUICK) as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        assert ask(client, "a")[1] == 3.0
        assert ask(client, "b")[1] == 4.0


def test_poll_follows_a_model_folder(tmp_path: Path) -> None:
    path = tmp_path / "models"
    a_model_folder(path)
    with (
        serving(path, "--model-control-mode=poll") as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        add_version(tmp_path, path.name, 3)
        wait_for_answer(client, NAME, "3", 3.0)
        shutil.move(path, tmp_path / "away")  # as a volume that is unmounted
        (tmp_path / "away").rename(path)
        assert ask(client, NAME) == ("3", 3.0)


def test_poll_follows_a_file(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    a_file(path)
    with (
        serving(path, "--model-control-mode=poll") as process,
        InferenceServerClient(process.grpc_address) as client,
    ):
        replace_archive(path, 9.0)
        wait_for_answer(client, NAME, "1", 9.0)


def test_explicit_mode_loads_it_and_writes_nothing_there(
    tmp_path: Path,
) -> None:
    path = tmp_path / "models"
    a_model_folder(path)
    with (
        serving(path, "--model-control-mode=explicit") as process,
        InferenceServerClient(process.grpc_address) as client,
        Management(process.management_address) as management,
    ):
        client.unload_model(NAME)
        assert not client.is_model_ready(NAME)
        client.load_model(NAME)
        assert ask(client, NAME) == ("2", 2.0)
        archive = (path / "2/model.pt").read_bytes()
        for call in (
            lambda: upload(management, archive, NAME),
            lambda: upload(management, archive, "new"),
            lambda: management.DeleteVersion(name=NAME, version=2),
        ):
            code, text = refusal(call)
            assert code == grpc.StatusCode.FAILED_PRECONDITION, text
            assert "--model" in text
            assert str(tmp_path) not in text
        assert ask(client, NAME) == ("2", 2.0)
    assert [entry.name for entry in path.iterdir()] == ["2"]
