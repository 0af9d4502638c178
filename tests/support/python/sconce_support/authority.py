"""Authority: certificates for a test."""

import datetime
import ipaddress
from pathlib import Path

import grpc
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = datetime.timedelta(days=1)


class Authority:
    """Signs certificates; `ca` is its own, a PEM file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"authority of {folder.name}")
        self.ca = folder / "ca.pem"
        certificate = self._certificate(self._name, self._key, ca=True)
        self.ca.write_bytes(_pem(certificate))

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate and its key, for 127.0.0.1."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._certificate(_name(name), key, ca=False)
        paths = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        paths[0].write_bytes(_pem(certificate))
        paths[1].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return paths

    def server(self, asks: bool = False) -> grpc.ServerCredentials:
        """For a server; `asks`: clients have to show a certificate."""
        certificate, key = self.issue("server")
        return grpc.ssl_server_credentials(
            [(key.read_bytes(), certificate.read_bytes())],
            root_certificates=self.ca.read_bytes() if asks else None,
            require_client_auth=asks,
        )

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, ca: bool
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        address = ipaddress.ip_address("127.0.0.1")
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _DAY)
            .not_valid_after(now + _DAY)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(address)]), False
            )
            .add_extension(x509.BasicConstraints(ca, None), critical=True)
            .sign(self._key, hashes.SHA256())
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
