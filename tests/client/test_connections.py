"""Addresses, TLS, tokens, and what is told when there is no connection."""

from pathlib import Path

import grpc
import pytest
from sconce import AsyncClient, Client, Management, Tls, Token
from sconce.client.channels import Target, management_beside
from sconce.client.errors import (
    DeadlineExceeded,
    Error,
    FailedPrecondition,
    InvalidInput,
    Unauthenticated,
    Unimplemented,
    Unreachable,
)
from sconce.client.wire import inference

from sconce_support.authority import Authority
from sconce_support.server_process import ServerProcess
from tests.client.fake_server import FakeServer, Refusal

READY = {
    "ServerReady": lambda request: inference["ServerReady"].response(ready=True)
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def test_tls(authority: Authority) -> None:
    with FakeServer(READY, authority.server()) as server:
        with Client(server.address, tls=Tls(authority.ca)) as client:
            assert client.ready()
        name = f"localhost:{server.port}"
        with Client(name, tls=Tls(authority.ca)) as client:
            with pytest.raises(Unreachable):  # the certificate is for 127...
                client.ready()
        known = Tls(authority.ca, server_name="127.0.0.1")
        with Client(name, tls=known) as client:
            assert client.ready()


def test_mutual_tls(authority: Authority) -> None:
    cert, key = authority.issue("user")
    with FakeServer(READY, authority.server(asks=True)) as server:
        ours = Tls(authority.ca, cert=cert, key=key)
        with Client(server.address, tls=ours) as client:
            assert client.ready()
        with Client(server.address, tls=Tls(authority.ca)) as client:
            with pytest.raises(Unreachable):
                client.ready()


def test_half_a_key_pair(authority: Authority) -> None:
    with pytest.raises(InvalidInput, match="give both or none"):
        Client("127.0.0.1:1", tls=Tls(cert=authority.ca))
    with pytest.raises(InvalidInput, match="gone.pem cannot be read"):
        Client("127.0.0.1:1", tls=Tls(ca="gone.pem"))


def test_a_token_goes_with_every_call(authority: Authority) -> None:
    with FakeServer(READY, authority.server()) as server:
        tls = Tls(authority.ca)
        with Client(server.address, tls=tls, token="secret") as client:
            assert client.ready()
            with pytest.raises(Unimplemented):
                client.index()
    assert [call[0] for call in server.calls] == [
        "ServerReady",
        "RepositoryIndex",
    ]
    assert {call[1]["authorization"] for call in server.calls} == {
        "Bearer secret"
    }


def test_a_token_does_not_travel_in_clear() -> None:
    with pytest.raises(InvalidInput, match="would travel in clear"):
        Client("models.example:8001", token="secret")
    Client("127.0.0.1:8001", token="secret").close()
    assert "secret" not in repr(Target("127.0.0.1:1", None, Token("secret")))


def test_a_token_that_is_refused() -> None:
    def refuse(request: object) -> object:
        raise Refusal(grpc.StatusCode.UNAUTHENTICATED, "no such token")

    with FakeServer({"ServerReady": refuse}) as server:
        with Client(server.address, token="secret") as client:
            with pytest.raises(Unauthenticated, match="no such token"):
                client.ready()


@pytest.mark.parametrize(
    "address", ["", "host", "host:", ":8001", "http://host:8001", "host:web"]
)
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(InvalidInput, match="expected HOST:PORT"):
        Client(address)


def test_nothing_listens(tmp_path: Path) -> None:
    with Client("127.0.0.1:1") as client:
        with pytest.raises(Unreachable, match="127.0.0.1:1 .*refused") as found:
            client.ready()
    assert isinstance(found.value, ConnectionError)
    assert found.value.code == "UNAVAILABLE"


def test_the_http_port(server: ServerProcess) -> None:
    with Client(server.http_address) as client:
        with pytest.raises(Unreachable, match="http1"):
            client.ready()


def test_the_other_grpc_port(server: ServerProcess) -> None:
    with Management(server.grpc_address) as management:
        with pytest.raises(Unimplemented):
            management.models()


def test_tls_where_there_is_none(server: ServerProcess) -> None:
    with Client(server.grpc_address, tls=Tls()) as client:
        with pytest.raises(Unreachable):
            client.ready()


def test_a_deadline(client: Client) -> None:
    with pytest.raises(DeadlineExceeded) as caught:
        client.model("slow")([10_000], timeout=1e-6)
    assert isinstance(caught.value, TimeoutError)
    assert isinstance(caught.value, Error)


def test_no_deadline(client: Client) -> None:
    assert client.model("slow")([1], timeout=float("inf")) is not None


def test_the_management_service_is_on_the_same_host() -> None:
    with Client("127.0.0.1:9") as client:
        assert client.management.address == "127.0.0.1:8003"
        assert client.management is client.management


def test_a_closed_client_says_so() -> None:
    with FakeServer(READY) as server:
        client = Client(server.address)
        assert client.ready()
        client.close()
        for ask in (client.ready, lambda: client.management):
            with pytest.raises(FailedPrecondition, match="is closed"):
                ask()


async def test_a_closed_asyncio_client_says_so() -> None:
    with FakeServer(READY) as server:
        client = AsyncClient(server.address)
        assert await client.ready()
        await client.close()
        with pytest.raises(FailedPrecondition, match="is closed"):
            await client.ready()
        with pytest.raises(FailedPrecondition, match="is closed"):
            _ = client.management


def test_a_deadline_of_centuries_is_none() -> None:
    with FakeServer(READY) as server:
        with Client(server.address, timeout=1e12) as client:
            assert client.ready()


def test_a_name_may_be_written_as_grpc_does() -> None:
    with FakeServer(READY) as server:
        with Client(f"dns:///localhost:{server.port}") as client:
            assert client.ready()
    assert management_beside("dns:///sconce.ml.svc:8001") == "sconce.ml.svc:8003"
    with pytest.raises(InvalidInput, match="expected HOST:PORT"):
        Target("dns://8.8.8.8/sconce.ml.svc:8001")


def test_new_servers_of_a_name_are_noticed_within_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = {}
    monkeypatch.setattr(
        grpc, "insecure_channel", lambda _, options: given.update(options)
    )
    Target("sconce.ml.svc:8001").open()
    assert given["grpc.dns_min_time_between_resolutions_ms"] <= 5000
    assert given["grpc.lb_policy_name"] == "round_robin"
