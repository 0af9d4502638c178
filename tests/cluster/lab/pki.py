"""Certificates of the lab, by an authority that lives as long as it does."""

import datetime
import ipaddress
import json
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from lab.addresses import API_PORT, CONTROL
from lab.layout import Layout

_SPAN = datetime.timedelta(days=365)
_EARLIER = datetime.timedelta(hours=1)  # for clocks that are set back


class Authority:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = _name("sconce-lab", None)
        self._key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(self._name, self._key.public_key())
        certificate = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).sign(self._key, hashes.SHA256())
        self._write("ca", self._key, certificate)

    def issue(
        self,
        file: str,
        common_name: str,
        group: str | None = None,
        hosts: Sequence[str] = (),
    ) -> None:
        """FILE.crt and FILE.key, good for servers and clients."""
        key = ec.generate_private_key(ec.SECP256R1())
        usage = [ExtendedKeyUsageOID.SERVER_AUTH,
                 ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = self._builder(
            _name(common_name, group), key.public_key()
        ).add_extension(x509.ExtendedKeyUsage(usage), critical=False)
        if hosts:
            names = x509.SubjectAlternativeName([_host(h) for h in hosts])
            builder = builder.add_extension(names, critical=False)
        self._write(file, key, builder.sign(self._key, hashes.SHA256()))

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.timezone.utc)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _EARLIER)
            .not_valid_after(now + _SPAN)
        )

    def _write(
        self,
        file: str,
        key: ec.EllipticCurvePrivateKey,
        certificate: x509.Certificate,
    ) -> None:
        write_key(self._folder / f"{file}.key", key)
        pem = certificate.public_bytes(serialization.Encoding.PEM)
        (self._folder / f"{file}.crt").write_bytes(pem)


def write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )


def write_token_keys(folder: Path) -> None:
    """The pair that signs and proves the tokens of service accounts."""
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(folder / "tokens.key", key)
    (folder / "tokens.pub").write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
    )


def write_kubeconfig(layout: Layout, user: str) -> None:
    """For who has the certificate `user`. JSON is YAML."""
    server = {
        "server": f"https://{CONTROL}:{API_PORT}",
        "certificate-authority": str(layout.pki / "ca.crt"),
    }
    credentials = {
        "client-certificate": str(layout.pki / f"{user}.crt"),
        "client-key": str(layout.pki / f"{user}.key"),
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": server}],
        "users": [{"name": user, "user": credentials}],
        "contexts": [
            {"name": "lab", "context": {"cluster": "lab", "user": user}}
        ],
        "current-context": "lab",
    }
    layout.kubeconfig(user).write_text(json.dumps(config, indent=1))


def _name(common_name: str, group: str | None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if group:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    return x509.Name(parts)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
