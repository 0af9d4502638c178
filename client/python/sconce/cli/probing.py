"""Why a server cannot be reached: what there is at its address instead."""

from __future__ import annotations

import socket
import ssl
from typing import Optional

from sconce.client.channels import Tls, split
from sconce.client.errors import Error

_SECONDS = 2.0
_QUESTION = b"GET / HTTP/1.1\r\nHost: sconce\r\nConnection: close\r\n\r\n"
_TLS_ALERT = b"\x15\x03"
# Length, type and stream of the frame that an HTTP/2 server begins with.
_SETTINGS_TYPE, _FRAME_HEAD = 4, 9
# What OpenSSL calls a host name and an address that do not match.
_OTHER_NAME = (62, 64)


def advice(address: str, tls: Optional[Tls]) -> str:
    """The reason and the next step, in one line. Opens connections of its
    own: what gRPC says is of the last address that it tried."""
    try:
        spoken = spoken_at(address)
    except socket.gaierror:
        return "there is no host of that name; check --server"
    except ConnectionRefusedError:
        return (
            "nothing listens there; start the server, or name another with "
            "--server (or --management)"
        )
    except (OSError, Error) as error:
        return f"{error}; check the address and the network"
    if spoken == "http":
        return (
            "it speaks HTTP, not gRPC; the gRPC port is 8001 unless the "
            "server was told otherwise"
        )
    if spoken == "grpc" and tls:
        return "it speaks gRPC without TLS; leave out --tls and --ca"
    if tls:
        return _tls_advice(address, tls)
    if spoken == "grpc":
        return "it answers now; try again"
    if spoken == "tls":
        return "it speaks TLS; add --tls, or --ca FILE for its authority"
    return "what listens there does not speak gRPC; check the port"


def _tls_advice(address: str, tls: Tls) -> str:
    try:
        _shake_hands(address, tls)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _OTHER_NAME:
            return (
                "its certificate is for another name; say it with "
                "--server-name"
            )
        return (
            f"its certificate is not trusted ({error.verify_message}); name "
            "its authority with --ca"
        )
    except ssl.SSLError as error:
        return f"no TLS connection can be made: {error.reason or error}"
    except OSError as error:
        return f"{error}; check the address and the network"
    # TLS 1.3 tells who has no certificate by hanging up afterwards.
    return (
        "it ends TLS connections; it may ask for a certificate that it "
        "knows: check --cert and --key"
    )


def _shake_hands(address: str, tls: Tls) -> None:
    """Raises ssl.SSLError, OSError."""
    host, port = split(address)
    host = host.strip("[]")
    context = ssl.create_default_context(cafile=tls.ca)
    if tls.cert is not None:
        context.load_cert_chain(tls.cert, tls.key)
    with socket.create_connection((host, port), _SECONDS) as link:
        context.wrap_socket(link, server_hostname=tls.server_name or host)


def spoken_at(address: str) -> str:
    """`http`, `grpc`, `tls` or `?`. Raises OSError."""
    host, port = split(address)
    with socket.create_connection((host.strip("[]"), port), _SECONDS) as link:
        link.settimeout(_SECONDS)
        try:
            link.sendall(_QUESTION)
            begin = link.recv(_FRAME_HEAD)
        except (TimeoutError, socket.timeout):
            return "?"
        except ConnectionError:
            return "tls"  # hangs up on what is no handshake
    if begin.startswith(b"HTTP/1"):
        return "http"
    if len(begin) == _FRAME_HEAD and begin[3] == _SETTINGS_TYPE:
        return "grpc"
    return "tls" if not begin or begin.startswith(_TLS_ALERT) else "?"
