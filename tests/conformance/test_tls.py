"""--tls DIR: other people's clients and ours, files that change under a running
server, and clients that may not connect."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sconce import Client, Management, Tls
from sconce.client.errors import Unreachable
from tritonclient.grpc import InferenceServerClient
from tritonclient.utils import InferenceServerException

from sconce_support.admin import get
from sconce_support.authority import Authority
from sconce_support.factor_models import ask, write_archive
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

FREE_PORTS = (
    "--grpc-port=0",
    "--http-port=0",
    "--management-address=127.0.0.1:0",
)
# A connection that a test opens stays for as long as it needs it.
FLAGS = ("--model-probe=false", "--max-connection-age=1h", "--drain-timeout=1s")


class Secret:
    """A folder as the kubelet mounts one: the files are links into a folder
    that is replaced, all of them at once, by a link's new target."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0
        folder.mkdir()

    def put(self, **files: bytes) -> None:
        self._count += 1
        data = self.folder / f"..{self._count}"
        data.mkdir()
        for name, content in files.items():
            name = name.replace("_", ".")
            (data / name).write_bytes(content)
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        draft = self.folder / "..data_tmp"
        draft.symlink_to(data.name)
        draft.rename(self.folder / "..data")


def pair(authority: Authority) -> dict[str, bytes]:
    certificate, key = authority.issue("server")
    return {"tls_crt": certificate.read_bytes(), "tls_key": key.read_bytes()}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("another"))


def run(binary: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """A server that is expected to end by itself."""
    return subprocess.run(
        [binary, *flags], capture_output=True, text=True, timeout=60
    )


def serving(folder: Path, secret: Secret) -> ServerProcess:
    folder.mkdir()
    write_archive(folder / "net.pt", 2.0)
    return ServerProcess(
        [folder],
        f"--tls={secret.folder}",
        *FLAGS,
        wait_until_ready=False,  # its health is asked for without TLS
    )


def wait_ready(process: ServerProcess) -> None:
    eventually(
        lambda: get(process.http_address, "/readyz")[0] == 200, "readiness", 60
    )


@pytest.fixture(scope="module")
def server(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("tls")
    secret = Secret(folder / "secret")
    secret.put(**pair(authority))
    with serving(folder / "models", secret) as process:
        wait_ready(process)
        yield process


def triton(
    address: str, ca: Path, pair: tuple[Path, Path] | None = None
) -> InferenceServerClient:
    certificate, key = pair or (None, None)
    return InferenceServerClient(
        address,
        ssl=True,
        root_certificates=str(ca),
        certificate_chain=certificate and str(certificate),
        private_key=key and str(key),
        # Each with a connection of its own.
        channel_args=[("grpc.use_local_subchannel_pool", 1)],
    )


def assert_plain_is_refused(process: ServerProcess) -> None:
    with InferenceServerClient(process.grpc_address) as client:
        with pytest.raises(InferenceServerException):
            client.is_server_live()


def test_other_peoples_client(
    server: ServerProcess, authority: Authority
) -> None:
    with triton(server.grpc_address, authority.ca) as client:
        assert client.is_server_ready()
        assert ask(client, "net") == ("1", 2.0)


def test_our_client_on_both_ports(
    server: ServerProcess, authority: Authority
) -> None:
    with Client(server.grpc_address, tls=Tls(authority.ca)) as client:
        assert client.ready()
    with Management(
        server.management_address, tls=Tls(authority.ca)
    ) as management:
        assert [model.name for model in management.models()] == ["net"]


def test_the_http_port_stays_plain(server: ServerProcess) -> None:
    assert get(server.http_address, "/livez")[0] == 200
    assert get(server.http_address, "/metrics")[0] == 200


def test_a_plain_client_is_refused_without_harm(
    server: ServerProcess, authority: Authority
) -> None:
    for _ in range(5):
        assert_plain_is_refused(server)
        with Management(server.management_address) as management:
            with pytest.raises(Unreachable):
                management.models()
    with triton(server.grpc_address, authority.ca) as client:
        assert ask(client, "net") == ("1", 2.0)


def test_the_log_tells_of_plain_clients(server: ServerProcess) -> None:
    def told() -> bool:
        assert_plain_is_refused(server)
        return "wrong version number" in server.log.text()

    eventually(told, "word of a plain client")  # one a second is told
    # As an event of the server's own log, not in gRPC's form.
    lines = server.log.text().splitlines()
    assert len(server.log.events()) == len(lines)


def test_a_client_that_trusts_somebody_else(
    server: ServerProcess, another: Authority
) -> None:
    with triton(server.grpc_address, another.ca) as client:
        with pytest.raises(InferenceServerException):
            client.is_server_live()


def test_clients_that_need_a_certificate(
    authority: Authority, another: Authority, tmp_path: Path
) -> None:
    secret = Secret(tmp_path / "secret")
    secret.put(**pair(authority), ca_crt=authority.ca.read_bytes())
    with serving(tmp_path / "models", secret) as process:
        wait_ready(process)
        address = process.grpc_address
        for shown in (None, another.issue("stranger")):
            with triton(address, authority.ca, shown) as client:
                with pytest.raises(InferenceServerException):
                    client.is_server_live()
        with Management(
            process.management_address, tls=Tls(authority.ca)
        ) as management:
            with pytest.raises(Unreachable):
                management.models()
        assert_plain_is_refused(process)
        friend = authority.issue("friend")
        with triton(address, authority.ca, friend) as client:
            assert ask(client, "net") == ("1", 2.0)


def test_files_that_change_apply_to_the_next_connection(
    authority: Authority, another: Authority, tmp_path: Path
) -> None:
    secret = Secret(tmp_path / "secret")
    secret.put(**pair(authority))
    with serving(tmp_path / "models", secret) as process:
        wait_ready(process)
        address = process.grpc_address
        with triton(address, authority.ca) as old:
            assert old.is_server_live()
            secret.put(**pair(another))
            with triton(address, another.ca) as new:
                assert ask(new, "net") == ("1", 2.0)
            assert ask(old, "net") == ("1", 2.0)
        with triton(address, authority.ca) as late:
            with pytest.raises(InferenceServerException):
                late.is_server_live()


def test_unfit_new_files_are_told_and_the_old_ones_stay(
    authority: Authority, another: Authority, tmp_path: Path
) -> None:
    secret = Secret(tmp_path / "secret")
    good = pair(authority)
    secret.put(**good)
    with serving(tmp_path / "models", secret) as process:
        wait_ready(process)
        address = process.grpc_address
        secret.put(**(good | {"tls_key": pair(another)["tls_key"]}))
        with triton(address, authority.ca) as client:
            assert client.is_server_live()
        event = process.log.wait_for(
            lambda e: "the earlier ones stay" in e.get("message", ""),
            "word of the unfit files",
            30,
        )
        assert "not the key of tls.crt" in event["reason"]
        secret.put(**pair(another))
        with triton(address, another.ca) as client:
            assert client.is_server_live()


@pytest.mark.parametrize(
    "files, told",
    [
        ({}, "tls.crt: No such file"),
        ({"tls_crt"}, "tls.key: No such file"),
        ({"tls_crt", "other_key"}, "tls.key: not the key of tls.crt"),
        ({"tls_crt", "tls_key", "no_ca"}, "ca.crt: no certificate in PEM"),
    ],
)
def test_files_that_cannot_be_used_end_the_start(
    authority: Authority,
    another: Authority,
    binary: Path,
    tmp_path: Path,
    files: set[str],
    told: str,
) -> None:
    have = {
        **pair(authority),
        "other_key": pair(another)["tls_key"],
        "no_ca": b"this is none",
    }
    names = {"other_key": "tls_key", "no_ca": "ca_crt"}
    secret = Secret(tmp_path / "secret")
    secret.put(**{names.get(name, name): have[name] for name in files})
    done = run(
        binary,
        f"--model-repository={tmp_path}",
        f"--tls={secret.folder}",
        *FREE_PORTS,
    )
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert str(secret.folder) in last
    assert told in last
    assert "PRIVATE" not in done.stderr


def test_no_folder_is_no_tls(binary: Path, tmp_path: Path) -> None:
    done = run(binary, f"--model-repository={tmp_path}", "--tls", "")
    assert done.returncode == 2
    assert "--tls" in done.stderr


def test_a_server_with_tls_drains(
    authority: Authority, tmp_path: Path
) -> None:
    secret = Secret(tmp_path / "secret")
    secret.put(**pair(authority))
    with serving(tmp_path / "models", secret) as process:
        wait_ready(process)
        with triton(process.grpc_address, authority.ca) as client:
            assert client.is_server_live()
        assert process.stop() == 0
