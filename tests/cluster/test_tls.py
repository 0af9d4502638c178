"""TLS from a Secret, with clients that need a certificate, renewed in use."""

import base64
from pathlib import Path

import pytest

from lab.api import Object
from lab.pki import Authority
from release import Release
from sconce_support.factor_models import add_version
from space import Space, name_of, restarts
from traffic import Traffic, ask

SERVER, CLIENTS = "sconce-certificate", "clients"
MODEL = ("--model=times", "--input=x=[[1,2,3,4]]")
TLS = {"tls": {
    "enabled": True,
    "secretName": SERVER,
    "clientCA": {"secretName": CLIENTS},
}}


@pytest.fixture
def folder(space: Space) -> Path:
    """Of the certificates; clients inside the cluster see it too."""
    made = space.cluster.layout.of("tls") / space.name
    made.mkdir(parents=True, exist_ok=True)
    return made


@pytest.fixture
def authority(folder: Path) -> Authority:
    return Authority(folder)


@pytest.fixture
def secured(
    space: Space, release: Release, folder: Path, authority: Authority
) -> Release:
    add_version(space.models, "times", 1)
    issue_for_server(space, authority)
    authority.issue("client", "somebody")
    clients = secret(CLIENTS, "Opaque", {"ca.crt": folder / "ca.crt"})
    for each in (server_secret(folder), clients):
        space.api.create(f"{space.core}/secrets", each)
    release.install(TLS)
    release.wait_ready(2)
    return release


def issue_for_server(space: Space, authority: Authority) -> None:
    where = f"{space.name}.svc.cluster.local"
    authority.issue("server", "sconce",
                    hosts=[f"sconce.{where}", f"sconce-headless.{where}"])


def secret(name: str, kind: str, files: dict[str, Path]) -> Object:
    return {
        "metadata": {"name": name},
        "type": kind,
        "data": {key: base64.b64encode(path.read_bytes()).decode()
                 for key, path in files.items()},
    }


def server_secret(folder: Path) -> Object:
    files = {"tls.crt": folder / "server.crt", "tls.key": folder / "server.key"}
    return secret(SERVER, "kubernetes.io/tls", files)


def test_a_renewed_certificate_is_taken_without_a_restart(
    space: Space, secured: Release, folder: Path, authority: Authority
) -> None:
    pods = secured.ready()
    known = (*MODEL, *who(folder, "client"), "--rate=20")
    with Traffic(space.cluster, secured.headless, *known) as load:
        first = {serial(space, pod) for pod in pods}
        assert len(first) == 1
        issue_for_server(space, authority)
        path = f"{space.core}/secrets/{SERVER}"
        space.api.patch(path, server_secret(folder))
        space.wait(
            lambda: first.isdisjoint(serial(space, pod) for pod in pods),
            "the new certificate", 120,
        )
        report = ask(space.cluster, secured.cluster_ip, *MODEL,
                     *who(folder, "client"))
        assert report["codes"] == {"OK": 1}
    print(f"renewal: {load.outcome}")
    assert load.outcome.failed == 0, load.outcome
    assert set(map(name_of, secured.ready())) == set(map(name_of, pods))
    assert not any(map(restarts, secured.pods()))


def test_clients_need_a_certificate(
    space: Space, secured: Release, folder: Path
) -> None:
    address = secured.cluster_ip
    report = ask(space.cluster, address, *MODEL, *who(folder, "client"))
    assert report["codes"] == {"OK": 1}
    with pytest.raises(AssertionError, match="backends failing"):
        ask(space.cluster, address, *MODEL, *who(folder))


def who(folder: Path, name: str = "") -> tuple[str, ...]:
    """How sconce-load knows the server, and is known."""
    server = ("--tls", f"--ca={folder}/ca.crt")
    if not name:
        return server
    return (*server, f"--cert={folder}/{name}.crt",
            f"--key={folder}/{name}.key")


def serial(space: Space, pod: Object) -> str:
    """Of the certificate that a pod shows."""
    shown = space.cluster.control.run(
        "bash", "-c",
        "openssl s_client -connect $0:8001 -alpn h2 </dev/null 2>/dev/null |"
        " openssl x509 -noout -serial", pod["status"]["podIP"],
    )
    return shown.stdout.strip()
