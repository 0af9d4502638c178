"""What clients decided survives a restart, in a file beside the repository."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.factor_models import add_version, ask, index_of
from sconce_support.management import Management
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal
from sconce_support.waiting import eventually

EXPLICIT = ("--model-control-mode", "explicit")

Parts = tuple[ServerProcess, Management, InferenceServerClient]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    for version in (1, 2, 3):
        add_version(made, "net", version)
    add_version(made, "other", 1)
    return made


@contextmanager
def running(
    folder: Path, *flags: str, binary: Path | None = None
) -> Iterator[Parts]:
    with (
        ServerProcess([folder], *EXPLICIT, *flags, binary=binary) as process,
        Management(process.management_address) as management,
        InferenceServerClient(process.grpc_address) as client,
    ):
        yield process, management, client


def warnings(process: ServerProcess) -> list[str]:
    return [
        f"{event['message']}: {event.get('reason')}"
        for event in process.log.events()
        if event["level"] == "warning" and "registry" in event["message"]
    ]


def loaded(client: InferenceServerClient, model: str) -> set[str]:
    """The index has one entry without version for a model that is not."""
    return {version for version in index_of(client, model) if version}


def settled(management: Management) -> str | None:
    listed = str(management.ListModels())
    return None if "UNLOADING" in listed else listed


def decide(management: Management) -> None:
    """Loads 1, then 1 and 2; aliases and traffic for both."""
    management.LoadModel(name="net", versions=[1])
    management.LoadModel(name="net", versions=[2])
    management.SetAliases(name="net", set={"stable": 1, "canary": 2})
    shares = [{"version": 1, "weight": 1}, {"version": 2, "weight": 0}]
    management.SetTraffic(name="net", shares=shares)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_finds_it_all_again(
    folder: Path, how: signal.Signals
) -> None:
    with running(folder) as (process, management, _):
        decide(management)
        management.LoadModel(name="other")
        management.UnloadModel(name="other")
        before = eventually(
            lambda: settled(management), "version 1 of other to go"
        )
        os.kill(process.pid, how)
        process.wait()
    with running(folder) as (process, management, client):
        # Version 3 is the newest, but nobody asked for it.
        assert loaded(client, "net") == {"1", "2"}
        assert not loaded(client, "other")
        assert ask(client, "net") == ("1", 1.0)
        assert ask(client, "net", "stable") == ("1", 1.0)
        assert ask(client, "net", "canary") == ("2", 2.0)
        assert str(management.ListModels()) == before
        management.SetTraffic(name="net", shares=[])
        assert ask(client, "net") == ("2", 2.0)
        assert management.Rollback(name="net").version == 1
        assert not warnings(process)
    with running(folder) as (_, _, client):
        assert loaded(client, "net") == {"1"}
        assert ask(client, "net", "canary") == ("1", 1.0)


@pytest.mark.parametrize(
    "text", ["", '{"format": 999}', "\x00" * 64], ids=["empty", "new", "zeros"]
)
def test_a_corrupt_file_is_set_aside(folder: Path, text: str) -> None:
    with running(folder) as (_, management, _):
        decide(management)
    state = folder / ".sconce/state.json"
    json.loads(state.read_text())
    state.write_text(text)
    with running(folder) as (process, management, client):
        (warning,) = warnings(process)
        assert "set aside" in warning
        (aside,) = state.parent.glob("state.json.corrupt-*")
        assert aside.read_text() == text
        assert not loaded(client, "net")
        decide(management)
        assert ask(client, "net", "canary") == ("2", 2.0)
    with running(folder) as (process, _, client):
        assert ask(client, "net", "canary") == ("2", 2.0)
        assert not warnings(process)


def test_a_load_that_cannot_be_stored_is_warned_about(folder: Path) -> None:
    (folder / ".sconce").write_text("in the way of the folder")
    with running(folder) as (process, management, client):
        management.LoadModel(name="net", versions=[1])
        assert ask(client, "net") == ("1", 1.0)
        assert "is not stored" in warnings(process)[0]


def test_routes_that_cannot_be_stored_are_refused(folder: Path) -> None:
    (folder / ".sconce").write_text("in the way of the folder")
    with running(folder) as (_, management, _):
        management.LoadModel(name="net", versions=[1])
        code, text = refusal(
            lambda: management.SetAliases(name="net", set={"stable": 1})
        )
        assert code == grpc.StatusCode.INTERNAL
        assert "was not saved" in text
        assert not management.ListModels().models[0].aliases


def test_of_two_servers_the_first_keeps_the_state(folder: Path) -> None:
    with running(folder) as (_, management, client):
        decide(management)
        with running(folder) as (second, other, _):
            other.SetAliases(name="net", set={"stable": 2})
            assert "another server" in warnings(second)[0]
        assert ask(client, "net", "stable") == ("1", 1.0)
    with running(folder) as (process, _, client):
        assert ask(client, "net", "stable") == ("1", 1.0)
        assert not warnings(process)


def test_a_rolling_restart_loses_nothing(folder: Path) -> None:
    with running(folder) as (first, management, _):
        decide(management)
        with running(folder) as (_, later, client):
            management.SetAliases(name="net", set={"stable": 2})
            management.LoadModel(name="other")
            first.stop()
            eventually(
                lambda: loaded(client, "other") or None,
                "the second server to take over",
            )
            assert ask(client, "net", "stable") == ("2", 2.0)
            later.SetAliases(name="net", set={"canary": 1})
    with running(folder) as (_, _, client):
        assert ask(client, "net", "stable") == ("2", 2.0)
        assert ask(client, "net", "canary") == ("1", 1.0)
        assert ask(client, "other") == ("1", 1.0)


def test_a_flag_does_not_change_what_clients_loaded(folder: Path) -> None:
    with running(folder) as (_, management, _):
        management.LoadModel(name="net", versions=[1])
    with running(folder, "--load-model=net") as (process, _, client):
        assert loaded(client, "net") == {"1"}
        assert "as clients had it" in process.log.text()


def test_aliases_of_a_model_that_is_gone_can_be_removed(folder: Path) -> None:
    with running(folder) as (_, management, _):
        decide(management)
        management.UnloadModel(name="net")
        management.SetAliases(name="net", remove=["stable"])
        shutil.rmtree(folder / "net")
        management.SetAliases(name="net", remove=["canary"])
        management.SetTraffic(name="net", shares=[])


def test_a_read_only_repository(
    tmp_path: Path, folder: Path, binary: Path
) -> None:
    wrapper = tmp_path / "server"
    command = f"exec {binary}"
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("SKIPPED: root may write anywhere, and no setpriv")
        # What lets root write where nobody may.
        command = f"exec setpriv --bounding-set=-dac_override {binary}"
    wrapper.write_text(f'#!/bin/sh\n{command} "$@"\n')
    wrapper.chmod(0o755)
    folder.chmod(0o555)
    try:
        with running(folder, binary=wrapper) as (process, management, client):
            decide(management)
            assert ask(client, "net", "stable") == ("1", 1.0)
            assert "no permission" in warnings(process)[0]
    finally:
        folder.chmod(0o755)
    assert not (folder / ".sconce").exists()
