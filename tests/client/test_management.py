"""Management and AsyncManagement: uploads, aliases, traffic, watching."""

import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from sconce import AsyncManagement, Client, Management
from sconce.client.errors import (
    AlreadyExists,
    FailedPrecondition,
    InvalidArgument,
    InvalidInput,
    NotFound,
)
from sconce.client.management import UPLOAD_ATTEMPTS
from sconce.client.uploads import Archive
from sconce.client.wire import management as methods

from sconce_support.factor_models import INPUT, add_version, write_archive
from sconce_support.server_process import ServerProcess
from sconce_support.uploads import tree
from sconce_support.waiting import eventually
from tests.client.fake_server import FakeServer, Refusal

EXPLICIT = ("--model-control-mode", "explicit", "--load-model", "net")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    add_version(made, "net", 1)
    return made


@pytest.fixture
def own(folder: Path, binary: Path) -> Iterator[ServerProcess]:
    with ServerProcess([folder], *EXPLICIT, binary=binary) as process:
        yield process


@pytest.fixture
def client(own: ServerProcess) -> Iterator[Client]:
    with Client(own.grpc_address, management=own.management_address) as made:
        yield made


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(tmp_path / "two.pt", 2.0)


def factor(client: Client, version: str = "") -> float:
    return float((client.model("net", version)(INPUT) / INPUT).mean())


def test_the_life_of_a_version(client: Client, archive: Path) -> None:
    management = client.management
    assert factor(client) == 1
    told: list[tuple[int, int]] = []
    version = management.upload(
        "net", archive, progress=lambda *now: told.append(now)
    )
    size = archive.stat().st_size
    assert (version, told[-1]) == (2, (size, size))
    assert factor(client) == 2
    management.load("net", [1])
    management.set_alias("net", "stable", 1)
    management.set_aliases("net", {"canary": 2, "old": 1}, ["stable"])
    assert factor(client, "old") == 1
    management.set_traffic("net", {1: 3, 2: 0})
    assert factor(client) == 1
    (state,) = management.models()
    assert state.aliases == {"canary": 2, "old": 1}
    assert state.traffic == {1: 3, 2: 0}
    assert [v.state for v in state.versions] == ["READY", "READY"]
    management.set_traffic("net", {})
    management.remove_alias("net", "canary")
    management.unload("net", [2])
    assert factor(client) == 1
    management.delete_version("net", 2)
    assert [v.version for v in management.models()[0].versions] == [1]


def test_rollback(client: Client, archive: Path) -> None:
    client.management.upload("net", archive)
    assert factor(client) == 2
    assert client.management.rollback("net") == 1
    assert factor(client) == 1


def test_details(client: Client) -> None:
    client.management.set_alias("net", "stable", 1)
    details = client.management.model("net", "stable")
    assert (details.state.version, details.state.state) == (1, "READY")
    assert [method.name for method in details.methods] == ["forward"]
    assert details.memory_bytes is not None and details.steps
    assert '"modules"' in client.management.inspect("net")
    server = client.management.server()
    assert server.lanes["cpu"] >= 1 and server.libtorch_version


def test_refusals(client: Client, archive: Path, tmp_path: Path) -> None:
    management = client.management
    with pytest.raises(NotFound):
        management.load("nosuch")
    with pytest.raises(FailedPrecondition):
        management.set_alias("net", "stable", 7)
    with pytest.raises(AlreadyExists):
        management.upload("net", archive, version=1)
    text = tmp_path / "text.pt"
    text.write_text("no model")
    with pytest.raises(InvalidArgument, match="TorchScript"):
        management.upload("net", text)
    with pytest.raises(InvalidInput, match="gone.pt cannot be read: No such"):
        management.upload("net", tmp_path / "gone.pt")
    with pytest.raises(InvalidInput, match="SetTraffic"):
        management.set_traffic("net", {1: -1})


def test_watching(client: Client, own: ServerProcess, archive: Path) -> None:
    watch = client.management.watch()
    first = next(watch)
    assert first.snapshot
    assert [(c.name, c.version, c.state) for c in first.changes] == [
        ("net", 1, "READY")
    ]
    client.management.unload("net")
    states: list[str] = []
    while "UNAVAILABLE" not in states:
        states += [change.state for change in next(watch).changes]
    watch.close()
    later = next(client.management.watch(first.resume_token))
    assert not later.snapshot
    assert later.changes[0].state == "UNLOADING"
    assert later.changes[0].time > 1e9


def test_an_upload_goes_on_where_it_broke(
    client: Client, own: ServerProcess, folder: Path, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "three.pt", 3.0)
    found = Archive.read(archive)
    half = found.size // 2
    held = threading.Event()

    def parts() -> Iterator[object]:
        request = methods["UploadModel"].request
        whole = found.parts("net", 0, 0, lambda sent, total: None)
        yield next(whole)
        yield request(chunk=archive.read_bytes()[:half])
        held.wait()

    with grpc.insecure_channel(own.management_address) as channel:
        method = methods["UploadModel"]
        call = channel.stream_unary(
            method.path,
            request_serializer=method.request.SerializeToString,
            response_deserializer=method.response.FromString,
        ).future(parts())
        stored = (folder / ".sconce/uploads").glob
        eventually(
            lambda: [p for p in stored("*.part") if p.stat().st_size == half],
            "half of the upload to be stored",
        )
        call.cancel()
        held.set()
    told: list[tuple[int, int]] = []
    version = client.management.upload(
        "net", archive, progress=lambda *now: told.append(now)
    )
    assert (version, factor(client)) == (2, 3)
    assert told == [(found.size, found.size)]
    assert "net/2/model.pt" in tree(folder)


def test_a_broken_stream_is_tried_again_a_few_times(archive: Path) -> None:
    tries: list[int] = []

    def upload(request: object) -> object:
        tries.append(1)
        raise Refusal(grpc.StatusCode.UNAVAILABLE, "going down")

    def ask(request: object) -> object:
        return methods["GetUpload"].response(offset=len(tries))

    with FakeServer({"UploadModel": upload, "GetUpload": ask}) as server:
        with Management(server.address) as management:
            with pytest.raises(Exception, match="going down"):
                management.upload("net", archive)
    assert len(tries) == UPLOAD_ATTEMPTS


async def test_asyncio(
    own: ServerProcess, client: Client, archive: Path
) -> None:
    async with AsyncManagement(own.management_address) as management:
        told: list[tuple[int, int]] = []
        version = await management.upload(
            "net", archive, progress=lambda *now: told.append(now)
        )
        assert version == 2 and told[-1][0] == archive.stat().st_size
        await management.load("net", [1])
        await management.set_alias("net", "a", 1)
        await management.remove_alias("net", "a")
        await management.set_traffic("net", {1: 1})
        assert factor(client) == 1
        assert (await management.model("net", 1)).traffic == {1: 1}
        await management.set_traffic("net", {})
        assert await management.rollback("net") == 1
        assert '"modules"' in await management.inspect("net")
        assert (await management.server()).name == "sconce"
        await management.delete_version("net", 2)
        async for update in management.watch():
            assert [each.version for each in update.changes] == [1]
            break
        await management.unload("net")
        with pytest.raises(NotFound):
            await management.load("nosuch")
