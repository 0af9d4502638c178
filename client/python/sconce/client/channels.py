"""Channels to a server: addresses, credentials, limits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Optional, Tuple, Union

import grpc
import grpc.aio

from sconce.client.errors import InvalidInput

MANAGEMENT_PORT = 8003

# Messages of any size: the server has the limits. Addresses of one name share
# the calls. A server that comes back is noticed within seconds, and so is a new
# address: with gRPC's own 30 s a client may know none of the replicas that are
# left after a rolling update.
_OPTIONS: List[Tuple[str, Any]] = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.lb_policy_name", "round_robin"),
    ("grpc.dns_min_time_between_resolutions_ms", 5000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5000),
]


@dataclass(frozen=True)
class Tls:
    """How to know the server, and who we are.

    `ca` is a file of PEM certificates to trust in place of the system's;
    `cert` and `key` (PEM files, both or none) are shown to a server that asks.
    `server_name` is what the certificate says where that is not the address.
    """

    ca: Union[str, Path, None] = None
    cert: Union[str, Path, None] = None
    key: Union[str, Path, None] = None
    server_name: Optional[str] = None


@dataclass(frozen=True)
class Token:
    """Sent with each call as `authorization: Bearer ...`."""

    text: str

    def __repr__(self) -> str:  # it ends up in logs
        return "Token(...)"


@dataclass(frozen=True)
class Target:
    """Where to and how. Immutable; each open() makes a new channel."""

    address: str
    tls: Optional[Tls] = None
    token: Optional[Token] = None

    def __post_init__(self) -> None:
        host, port = split(self.address)
        if self.token and not self.tls and not _is_this_machine(host):
            raise InvalidInput(
                f"a token for {self.address} would travel in clear; give "
                "tls=Tls() with it"
            )

    def open(self) -> grpc.Channel:
        credentials = self._credentials()
        if credentials is None:
            return grpc.insecure_channel(self.address, self._options())
        return grpc.secure_channel(self.address, credentials, self._options())

    def open_async(self) -> grpc.aio.Channel:
        credentials = self._credentials()
        if credentials is None:
            return grpc.aio.insecure_channel(self.address, self._options())
        return grpc.aio.secure_channel(
            self.address, credentials, self._options()
        )

    def metadata(self) -> List[Tuple[str, str]]:
        """What every call carries."""
        if self.token is None:
            return []
        return [("authorization", f"Bearer {self.token.text}")]

    def _options(self) -> List[Tuple[str, Any]]:
        if self.tls is None or self.tls.server_name is None:
            return _OPTIONS
        name = self.tls.server_name
        return [*_OPTIONS, ("grpc.ssl_target_name_override", name)]

    def _credentials(self) -> Optional[grpc.ChannelCredentials]:
        if self.tls is None:
            return None
        if (self.tls.cert is None) != (self.tls.key is None):
            raise InvalidInput("cert and key go together; give both or none")
        return grpc.ssl_channel_credentials(
            root_certificates=_read(self.tls.ca),
            private_key=_read(self.tls.key),
            certificate_chain=_read(self.tls.cert),
        )


def split(address: str) -> Tuple[str, int]:
    """Host and port. Raises InvalidInput for anything but `host:port`.

    `dns:///` before it, as gRPC writes names of several servers, is no more
    than what gRPC does anyway.
    """
    host, colon, port = address.removeprefix("dns:///").rpartition(":")
    if not colon or not host or not port.isdigit() or "/" in host:
        raise InvalidInput(
            f"'{address}' is no address; expected HOST:PORT, "
            "e.g. 127.0.0.1:8001"
        )
    return host, int(port)


def management_beside(address: str) -> str:
    """The management service's usual place on the same host."""
    return f"{split(address)[0]}:{MANAGEMENT_PORT}"


def _is_this_machine(host: str) -> bool:
    return host in ("localhost", "[::1]") or host.startswith("127.")


def _read(path: Union[str, Path, None]) -> Optional[bytes]:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InvalidInput(
            f"{path} cannot be read: {error.strerror}"
        ) from error
