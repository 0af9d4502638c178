"""What can go wrong, as exceptions that carry a code and a message."""

from __future__ import annotations

from typing import Any, Dict, Optional, Type

import grpc

_PUSHBACK = "grpc-retry-pushback-ms"


class Error(Exception):
    """A call that was not answered well.

    `code` is the name of a gRPC status code ("NOT_FOUND"), `message` one line
    that says what was expected, what came, and what to do. `retry_after` is
    how many seconds the server asks to wait before the next try, if it does.
    """

    default_code = "UNKNOWN"

    def __init__(
        self,
        message: str,
        code: str = "",
        retry_after: Optional[float] = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


class InvalidArgument(Error, ValueError):
    """The request is wrong, whatever the state of the server."""

    default_code = "INVALID_ARGUMENT"


class InvalidInput(InvalidArgument):
    """Found before anything was sent: a value that cannot be a tensor, or an
    argument that the model does not have."""


class NotFound(Error, LookupError):
    default_code = "NOT_FOUND"


class AlreadyExists(Error):
    default_code = "ALREADY_EXISTS"


class FailedPrecondition(Error):
    default_code = "FAILED_PRECONDITION"


class OutOfRange(Error):
    default_code = "OUT_OF_RANGE"


class Aborted(Error):
    default_code = "ABORTED"


class Unavailable(Error, ConnectionError):
    """The server cannot be reached, or the model cannot answer now."""

    default_code = "UNAVAILABLE"


class Unreachable(Unavailable):
    """There is no connection to the server, or it broke."""


class ResourceExhausted(Error):
    """A queue is full, or memory is short; see `retry_after`."""

    default_code = "RESOURCE_EXHAUSTED"


class DeadlineExceeded(Error, TimeoutError):
    default_code = "DEADLINE_EXCEEDED"


class Cancelled(Error):
    default_code = "CANCELLED"


class Unauthenticated(Error, PermissionError):
    default_code = "UNAUTHENTICATED"


class PermissionDenied(Error, PermissionError):
    default_code = "PERMISSION_DENIED"


class Unimplemented(Error):
    default_code = "UNIMPLEMENTED"


class Internal(Error):
    default_code = "INTERNAL"


_BY_CODE: Dict[str, Type[Error]] = {
    kind.default_code: kind
    for kind in (
        InvalidArgument, NotFound, AlreadyExists, FailedPrecondition,
        OutOfRange, Aborted, Unavailable, ResourceExhausted, DeadlineExceeded,
        Cancelled, Unauthenticated, PermissionDenied, Unimplemented, Internal,
    )
}


# How a message begins whose server gave none.
SAID_NO_MORE = "the server said no more than"


def of_code(
    code: str, message: str, retry_after: Optional[float] = None
) -> Error:
    """The exception for a status code; a plain Error for one without."""
    line = " ".join(message.split()) or f"{SAID_NO_MORE} {code}"
    return _BY_CODE.get(code, Error)(line, code, retry_after)


def of_call(failed: grpc.RpcError, address: str) -> Error:
    """The exception for a call to `address` that gRPC reports as failed."""
    call: Any = failed
    code = call.code().name
    details = call.details() or ""
    if code == "UNAVAILABLE" and _is_of_the_channel(details):
        return Unreachable(f"{address} cannot be reached: {details}")
    return of_code(code, details, _retry_after(call))


def _is_of_the_channel(details: str) -> bool:
    """Whether gRPC itself wrote this, and no server."""
    signs = ("failed to connect", "ipv4:", "ipv6:", "DNS resolution",
             "errors resolving", "Socket closed", "recvmsg", "Connection re",
             "handshak")
    return any(sign in details for sign in signs)


def _retry_after(call: Any) -> Optional[float]:
    for key, value in call.trailing_metadata() or ():
        if key == _PUSHBACK:
            try:
                milliseconds = int(value)
            except ValueError:
                return None
            # A negative one means: do not come back (gRFC A6).
            return milliseconds / 1e3 if milliseconds >= 0 else None
    return None
