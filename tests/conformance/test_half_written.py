"""--model-control-mode=poll: a file that is not complete is never tried."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.factor_models import (
    add_version,
    ask,
    index_of,
    wait_for_answer,
    write_archive,
)
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

FLAGS = ("--model-control-mode=poll", "--model-probe=false")

# What the index shows of a model that is seen but was not tried.
UNTRIED = {"": ("UNAVAILABLE", "unloaded")}


@pytest.fixture
def server(tmp_path: Path, binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess([tmp_path], *FLAGS, binary=binary) as process:
        yield process


@pytest.fixture
def client(server: ServerProcess) -> Iterator[InferenceServerClient]:
    with InferenceServerClient(server.grpc_address) as made:
        yield made


def loads_that_failed(server: ServerProcess, model: str) -> int:
    return sum(
        event["message"] == "model failed to load" and event["model"] == model
        for event in server.log.events()
    )


class Writer:
    """Half of an archive in the place of <model>/1/model.pt."""

    def __init__(self, repository: Path, model: str) -> None:
        whole = write_archive(repository / f".{model}.pt", 3.0).read_bytes()
        self._rest = whole[len(whole) // 2 :]
        self._path = repository / model / "1/model.pt"
        self._path.parent.mkdir(parents=True)
        self._path.write_bytes(whole[: len(whole) // 2])

    def append(self) -> None:
        """One more byte, but never the last."""
        with self._path.open("ab") as file:
            file.write(self._rest[: len(self._rest) > 1])
        self._rest = self._rest[len(self._rest) > 1 :]
        os.utime(self._path)

    def complete(self) -> None:
        with self._path.open("ab") as file:
            file.write(self._rest)

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Holds the file open; completes it after the body."""
        with self._path.open("ab") as file:
            yield
            file.write(self._rest)


def test_a_file_that_grows_is_not_tried(
    server: ServerProcess, tmp_path: Path, client: InferenceServerClient
) -> None:
    writer = Writer(tmp_path, "grown")
    add_version(tmp_path, "after_grown", 1)

    def after_is_served() -> bool:
        writer.append()
        return "1" in index_of(client, "after_grown")

    eventually(after_is_served, "a model that came later")
    assert index_of(client, "grown") == UNTRIED
    writer.complete()
    wait_for_answer(client, "grown", "1", 3.0)
    assert loads_that_failed(server, "grown") == 0


def test_a_file_that_somebody_writes_to_is_not_tried(
    server: ServerProcess, tmp_path: Path, client: InferenceServerClient
) -> None:
    """Though the writer pauses: the file is the same for long."""
    writer = Writer(tmp_path, "paused")
    with writer.pause():
        add_version(tmp_path, "after_paused", 1)
        wait_for_answer(client, "after_paused", "1", 1.0)
        # As often as the paused one is looked at anew.
        add_version(tmp_path, "after_paused", 2)
        wait_for_answer(client, "after_paused", "2", 2.0)
        assert index_of(client, "paused") == UNTRIED
    wait_for_answer(client, "paused", "1", 3.0)
    assert loads_that_failed(server, "paused") == 0


def test_so_it_is_when_the_server_starts(
    binary: Path, tmp_path: Path
) -> None:
    writer = Writer(tmp_path, "early")
    add_version(tmp_path, "whole", 1)
    with ExitStack() as paused:
        paused.enter_context(writer.pause())
        with (
            ServerProcess([tmp_path], *FLAGS, binary=binary) as process,
            InferenceServerClient(process.grpc_address) as client,
        ):
            assert ask(client, "whole") == ("1", 1.0)
            assert index_of(client, "early") == UNTRIED
            paused.close()
            wait_for_answer(client, "early", "1", 3.0)
            assert loads_that_failed(process, "early") == 0
