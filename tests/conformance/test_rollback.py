"""Rollback: the version that served before the last change serves again."""

import json
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.factor_models import (
    INPUT,
    add_version,
    ask,
    index_of,
    write_archive,
)
from sconce_support.inference import raw_request
from sconce_support.management import Management
from sconce_support.open_loop import OpenLoop
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import refusal, upload
from sconce_support.waiting import eventually

EXPLICIT = ("--model-control-mode", "explicit", "--load-model", "*")
PICK_FIRST = json.dumps({"loadBalancingConfig": [{"pick_first": {}}]})
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


def upload_times(management: Management, folder: Path, factor: float) -> int:
    archive = write_archive(folder.parent / "new.pt", factor).read_bytes()
    return upload(management, archive, "net")


def test_back_to_what_served_before(
    folder: Path, management: Management, client: InferenceServerClient
) -> None:
    assert upload_times(management, folder, 2.0) == 2
    management.SetAliases(name="net", set={"stable": 2, "canary": 2})
    assert ask(client, "net") == ("2", 2.0)
    assert management.Rollback(name="net").version == 1
    assert ask(client, "net") == ("1", 1.0)
    for alias in ("stable", "canary"):
        assert ask(client, "net", alias) == ("1", 1.0)
    eventually(lambda: set(index_of(client, "net")) == {"1"}, "2 to go")
    # Its files stay, and it can be loaded again.
    assert (folder / "net/2/model.pt").exists()
    code, text = refusal(lambda: management.Rollback(name="net"))
    assert code == CODES.FAILED_PRECONDITION
    assert "no earlier version" in text
    management.LoadModel(name="net", versions=[2])
    assert ask(client, "net") == ("2", 2.0)


def test_step_by_step_to_the_first(
    folder: Path, management: Management, client: InferenceServerClient
) -> None:
    for version in (2, 3):
        upload_times(management, folder, float(version))
    for version in (2, 1):
        assert management.Rollback(name="net").version == version
        assert ask(client, "net") == (str(version), version)
    code, _ = refusal(lambda: management.Rollback(name="net"))
    assert code == CODES.FAILED_PRECONDITION


def test_traffic_goes_back_too(
    folder: Path, management: Management, client: InferenceServerClient
) -> None:
    upload_times(management, folder, 2.0)
    shares = [{"version": 2, "weight": 1}]
    management.SetTraffic(name="net", shares=shares)
    management.Rollback(name="net")
    assert {ask(client, "net") for _ in range(20)} == {("1", 1.0)}
    assert not management.ListModels().models[0].traffic


def test_a_deleted_version_cannot_come_back(
    folder: Path, management: Management, client: InferenceServerClient
) -> None:
    upload_times(management, folder, 2.0)
    management.DeleteVersion(name="net", version=1)
    code, _ = refusal(lambda: management.Rollback(name="net"))
    assert code == CODES.FAILED_PRECONDITION
    assert ask(client, "net") == ("2", 2.0)


def test_a_broken_earlier_version_changes_nothing(
    folder: Path, management: Management, client: InferenceServerClient
) -> None:
    upload_times(management, folder, 2.0)
    management.SetAliases(name="net", set={"stable": 2})
    eventually(lambda: set(index_of(client, "net")) == {"2"}, "1 to go")
    (folder / "net/1/model.pt").write_text("no model any more")
    code, text = refusal(lambda: management.Rollback(name="net"))
    assert code != CODES.OK, text
    assert ask(client, "net") == ("2", 2.0)
    assert ask(client, "net", "stable") == ("2", 2.0)


async def test_nothing_fails_under_load(
    folder: Path,
    server: ServerProcess,
    management: Management,
    client: InferenceServerClient,
) -> None:
    request = raw_request("net", {"x": INPUT})
    addresses = [server.grpc_address]
    async with OpenLoop(addresses, PICK_FIRST, request, 200.0) as load:
        for _ in range(3):
            upload_times(management, folder, 2.0)
            serving = ask(client, "net")[0]
            await load.wait_answers(serving, more=20)
            assert management.Rollback(name="net").version == 1
            assert ask(client, "net") == ("1", 1.0)
            await load.wait_answers("1", more=20)
    assert not load.failures, load.failures


def test_unknown_models_and_other_modes(
    tmp_path: Path, binary: Path, management: Management
) -> None:
    code, _ = refusal(lambda: management.Rollback(name="nobody"))
    assert code == CODES.NOT_FOUND
    other = tmp_path / "other"
    add_version(other, "net", 1)
    with (
        ServerProcess([other], binary=binary) as process,
        Management(process.management_address) as fixed,
    ):
        code, text = refusal(lambda: fixed.Rollback(name="net"))
    assert code == CODES.FAILED_PRECONDITION
    assert "--model-control-mode" in text
