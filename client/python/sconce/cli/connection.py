"""The options by which every command finds its server."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Optional, TypeVar

import click
from click.core import ParameterSource

from sconce.cli.faults import in_one_line
from sconce.client import Client, Management, Tls
from sconce.client.channels import management_beside
from sconce.client.errors import Error

_F = TypeVar("_F", bound=Callable[..., Any])

# Longest wait of the Tab key.
_COMPLETION_SECONDS = 0.5


@dataclass(frozen=True)
class Connection:
    """Where the server is, and how to ask it."""

    server: str
    management_address: Optional[str]
    timeout: float
    tls: Optional[Tls]
    token: Optional[str]

    @contextmanager
    def client(self) -> Iterator[Client]:
        """For the inference port. Errors become one line."""
        with in_one_line(self.server, self.tls):
            with Client(
                self.server,
                timeout=self.timeout,
                tls=self.tls,
                token=self.token,
            ) as client:
                yield client

    @contextmanager
    def management(self) -> Iterator[Management]:
        """For the management port. Errors become one line."""
        with in_one_line(self.server, None):
            address = self.management_address or management_beside(self.server)
        with in_one_line(address, self.tls):
            with Management(
                address, timeout=self.timeout, tls=self.tls, token=self.token
            ) as management:
                yield management


_OPTIONS = (
    click.option(
        "-s",
        "--server",
        metavar="HOST:PORT",
        default="127.0.0.1:8001",
        envvar="SCONCE_ADDRESS",
        show_default=True,
        show_envvar=True,
        help="The inference port.",
    ),
    click.option(
        "--management",
        metavar="HOST:PORT",
        envvar="SCONCE_MANAGEMENT",
        show_envvar=True,
        help="The management port; port 8003 of the same host unless given. From "
        "the environment only beside a server from there.",
    ),
    click.option(
        "--timeout",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        help="Longest wait for an answer; a load takes as long as it takes.",
    ),
    click.option("--tls", is_flag=True, help="Speak TLS."),
    click.option(
        "--ca", metavar="FILE", help="Trust this authority (PEM); with TLS."
    ),
    click.option("--cert", metavar="FILE", help="Our certificate (PEM)."),
    click.option("--key", metavar="FILE", help="Its key (PEM)."),
    click.option(
        "--server-name",
        metavar="NAME",
        help="What the certificate says, where that is not the host.",
    ),
    click.option(
        "--token",
        metavar="TEXT",
        envvar="SCONCE_TOKEN",
        show_envvar=True,
        help="Sent as `authorization: Bearer`; better in the environment.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print JSON."),
)


def connecting(command: _F) -> _F:
    """Adds the options; the function gets `connection` and `as_json`."""

    @functools.wraps(command)
    def run(**options: Any) -> Any:
        given = {name: options.pop(name) for name in _NAMES}
        if _is_written("server") and not _is_written("management"):
            # The environment speaks of its own server.
            given["management"] = None
        connection = _connection(**given)
        return command(connection=connection, **options)

    wrapped: Any = run
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[no-any-return]


def _is_written(option: str) -> bool:
    """Whether it is on the command line."""
    source = click.get_current_context().get_parameter_source(option)
    return source is ParameterSource.COMMANDLINE


_NAMES = ("server", "management", "timeout", "tls", "ca", "cert", "key",
          "server_name", "token")


def _connection(
    *,
    server: str,
    management: Optional[str],
    timeout: float,
    tls: bool,
    token: Optional[str],
    **files: Any,
) -> Connection:
    how = Tls(**files) if tls or any(files.values()) else None
    return Connection(server, management, timeout, how, token)


def complete_model(
    context: click.Context, parameter: click.Parameter, begin: str
) -> list[str]:
    """Names of the server's models, for the Tab key."""
    address = context.params.get("server") or "127.0.0.1:8001"
    try:
        with Client(address, timeout=_COMPLETION_SECONDS) as client:
            names = {each.name for each in client.index()}
    except Error:
        return []
    return sorted(name for name in names if name.startswith(begin))


def model_argument(command: _F) -> _F:
    """Adds the argument MODEL."""
    argument = click.argument(
        "model", metavar="MODEL", shell_complete=complete_model
    )
    return argument(command)
