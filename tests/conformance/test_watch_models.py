"""WatchModels: what there is, then every change of it, without gaps."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from sconce_support.factor_models import add_version
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal

FLAGS = ("--model-control-mode", "explicit")
KEPT_CHANGES = 4096

# Version and state.
Change = tuple[int, str]
LOAD = ["LOADING", "READY"]
UNLOAD = ["UNLOADING", "UNAVAILABLE"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    for version in (1, 2):
        add_version(made, "net", version)
    (made / "text.pt").write_text("no model")
    return made


@pytest.fixture
def server(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess([folder], *FLAGS, binary=binary) as process:
        yield process


@pytest.fixture
def management(server: ServerProcess) -> Iterator[Management]:
    with Management(server.management_address) as made:
        yield made


def changes_of(response: Any, name: str = "net") -> list[Change]:
    return [(c.version, c.state) for c in response.changes if c.name == name]


class Watcher:
    """One stream, read on demand."""

    def __init__(self, management: Management, resume_token: str = "") -> None:
        self._stream = management.watch(resume_token)
        self.first = next(self._stream)
        self.token = self.first.resume_token

    def until(self, last: Change) -> list[Change]:
        """All changes of "net" up to this one."""
        heard: list[Change] = []
        while last not in heard:
            response = next(self._stream)
            assert not response.snapshot
            self.token = response.resume_token or self.token
            heard += changes_of(response)
        return heard

    def cancel(self) -> None:
        self._stream.cancel()


@contextmanager
def watching(management: Management, token: str = "") -> Iterator[Watcher]:
    watcher = Watcher(management, token)
    try:
        yield watcher
    finally:
        watcher.cancel()


def test_a_load_a_change_of_versions_and_an_unload(
    management: Management,
) -> None:
    with watching(management) as watcher:
        assert watcher.first.snapshot
        assert not changes_of(watcher.first)
        management.LoadModel(name="net", versions=[1])
        assert watcher.until((1, "READY")) == [(1, s) for s in LOAD]
        management.LoadModel(name="net")  # by policy the newest alone
        heard = watcher.until((1, "UNAVAILABLE"))
        assert [c for c in heard if c[0] == 2] == [(2, s) for s in LOAD]
        assert [c for c in heard if c[0] == 1] == [(1, s) for s in UNLOAD]
        # The old one goes when the new one is there.
        assert heard.index((2, "READY")) < heard.index((1, "UNLOADING"))
        management.UnloadModel(name="net")
        heard = watcher.until((2, "UNAVAILABLE"))
        assert heard == [(2, s) for s in UNLOAD]


def test_a_load_that_fails_tells_why(management: Management) -> None:
    stream = management.watch()
    next(stream)
    code, reason = refusal(lambda: management.LoadModel(name="text"))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    heard = []
    while not heard or heard[-1].state != "UNAVAILABLE":
        heard += [c for c in next(stream).changes if c.name == "text"]
    stream.cancel()
    assert [change.state for change in heard] == ["LOADING", "UNAVAILABLE"]
    assert "expected a TorchScript archive" in heard[-1].reason
    assert heard[-1].reason in reason


def test_a_snapshot_is_what_there_is(management: Management) -> None:
    management.LoadModel(name="net", versions=[1, 2])
    refusal(lambda: management.LoadModel(name="text"))
    with watching(management) as watcher:
        assert watcher.first.snapshot
        found = changes_of(watcher.first)
        assert sorted(found) == [(1, "READY"), (2, "READY")]
        assert changes_of(watcher.first, "text") == [(1, "UNAVAILABLE")]


def test_a_token_goes_on_where_the_stream_was_cut(
    management: Management,
) -> None:
    with watching(management) as watcher:
        management.LoadModel(name="net", versions=[1])
        watcher.until((1, "READY"))
        token = watcher.token
    management.LoadModel(name="net", versions=[2])
    with watching(management, token) as watcher:
        assert not watcher.first.snapshot
        heard = changes_of(watcher.first)
        if (2, "READY") not in heard:
            heard += watcher.until((2, "READY"))
    assert heard == [(2, s) for s in LOAD]


def test_all_watchers_hear_the_same(management: Management) -> None:
    watchers = [Watcher(management) for _ in range(8)]
    management.LoadModel(name="net", versions=[1])
    management.UnloadModel(name="net")
    heard = [watcher.until((1, "UNAVAILABLE")) for watcher in watchers]
    for watcher in watchers:
        watcher.cancel()
    assert heard == [[(1, s) for s in LOAD + UNLOAD]] * len(watchers)


def test_a_token_that_is_too_old_begins_anew(management: Management) -> None:
    with watching(management) as watcher:
        token = watcher.token
    management.LoadModel(name="net", versions=[1])
    for _ in range(KEPT_CHANGES // 2):  # each is loading, then failed
        refusal(lambda: management.LoadModel(name="text"))
    with watching(management, token) as watcher:
        assert watcher.first.snapshot
        assert changes_of(watcher.first) == [(1, "READY")]


def test_a_token_of_an_earlier_server_begins_anew(
    folder: Path, binary: Path, management: Management
) -> None:
    with watching(management) as watcher:
        token = watcher.token
    with (
        ServerProcess([folder], *FLAGS, binary=binary) as process,
        Management(process.management_address) as successor,
    ):
        successor.LoadModel(name="net", versions=[1])
        with watching(successor, token) as watcher:
            assert watcher.first.snapshot
            assert changes_of(watcher.first) == [(1, "READY")]


def test_a_token_that_is_none(management: Management) -> None:
    code, text = refusal(lambda: Watcher(management, "yesterday"))
    assert code == grpc.StatusCode.INVALID_ARGUMENT
    assert "'yesterday'" in text


def test_a_drain_ends_the_stream(
    server: ServerProcess, management: Management
) -> None:
    stream = management.watch()
    next(stream)
    server.terminate()
    code, _ = refusal(lambda: next(stream))
    assert code == grpc.StatusCode.UNAVAILABLE
    assert server.wait() == 0
