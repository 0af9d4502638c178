"""Errors of the client as one line each, and exit codes.

0  done
1  refused by the server, or a fault of the model or file
2  a wrong call
3  the server cannot be reached
4  no answer in time
5  a load test is void (of sconce-load, as is 1 for a wrong answer)
130  after Ctrl-C
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

import click

from sconce.cli.probing import advice
from sconce.client.channels import Tls
from sconce.client.errors import (
    SAID_NO_MORE,
    DeadlineExceeded,
    Error,
    InvalidInput,
    Unimplemented,
    Unreachable,
)

REFUSED, WRONG_CALL, UNREACHABLE, LATE = 1, 2, 3, 4


class Fault(click.ClickException):
    """One line on standard error, and an exit code."""

    def __init__(self, message: str, exit_code: int = REFUSED) -> None:
        super().__init__(message)
        # Click reads it from the instance and declares it for the class.
        self.exit_code = exit_code  # type: ignore[misc]


@contextmanager
def in_one_line(address: str, tls: Optional[Tls]) -> Iterator[None]:
    """Turns what the client raises inside into a Fault."""
    try:
        yield
    except Error as error:
        raise fault_of(error, address, tls) from error


def _is_of_grpc(error: Unimplemented) -> bool:
    """Whether there is no such service: gRPC's own servers say little."""
    return error.message.startswith((SAID_NO_MORE, "Method not found"))


def fault_of(error: Error, address: str, tls: Optional[Tls]) -> Fault:
    """`address` is the one that was asked."""
    if isinstance(error, Unreachable):
        reason = advice(address, tls)
        return Fault(f"{address} cannot be reached: {reason}", UNREACHABLE)
    if isinstance(error, DeadlineExceeded):
        return Fault(
            f"no answer from {address} in time ({error.message}); allow more "
            "with --timeout SECONDS",
            LATE,
        )
    if isinstance(error, Unimplemented) and _is_of_grpc(error):
        return Fault(
            f"{address} does not offer this call; the inference port is 8001 "
            "(--server) and the management port 8003 (--management), unless "
            "the server was told otherwise",
            UNREACHABLE,
        )
    if isinstance(error, InvalidInput):
        return Fault(error.message, WRONG_CALL)
    return Fault(error.message)
