"""`sconce models` and `sconce status`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Optional

import click

from sconce.cli.connection import Connection, connecting
from sconce.cli.faults import REFUSED
from sconce.cli.printing import print_json, print_rows
from sconce.client.errors import Error, Unreachable
from sconce.client.states import ModelDetails, ModelState, ServerDetails

_COLUMNS = ("MODEL", "VERSION", "STATE", "ALIASES", "TRAFFIC", "REASON")


@click.command()
@connecting
def models(connection: Connection, as_json: bool) -> None:
    """List the server's models, their versions and states.

    Aliases and traffic come from the management port; where that cannot be
    reached, they are left out.
    """
    found = _models(connection)
    if as_json:
        print_json([asdict(model) for model in found])
        return
    if not found:
        click.echo("no models")
        return
    print_rows(_COLUMNS, [row for each in found for row in model_rows(each)])


def model_rows(model: ModelState) -> "list[tuple[str, ...]]":
    """One for each version."""
    total = sum(model.traffic.values())
    rows: "list[tuple[str, ...]]" = []
    for each in model.versions:
        names = [a for a, v in model.aliases.items() if v == each.version]
        share = model.traffic.get(each.version)
        rows.append((
            model.name,
            str(each.version or ""),
            each.state,
            ", ".join(sorted(names)),
            f"{share / total:.0%}" if share is not None and total else "",
            each.reason,
        ))
    return rows


def _models(connection: Connection) -> "list[ModelState]":
    # No management service, or none that we may reach: the other port knows
    # the states too.
    try:
        with connection.management() as management:
            return management.models()
    except click.ClickException as fault:
        if connection.management_address or not isinstance(
            fault.__cause__, Unreachable
        ):
            raise
    with connection.client() as client:
        by_name: dict[str, list[Any]] = {}
        for each in client.index():
            by_name.setdefault(each.name, []).append(each)
    return [
        ModelState(name, tuple(found)) for name, found in by_name.items()
    ]


@click.command()
@click.argument("model", required=False)
@click.option(
    "--version", default="", metavar="VERSION", help="Number or alias."
)
@connecting
def status(
    connection: Connection, as_json: bool, model: Optional[str], version: str
) -> None:
    """Tell how the server is, or how one of its MODELs was loaded and runs.

    The exit code is 1 when it is not ready.
    """
    ready = (
        _show_model(connection, model, version or 0, as_json)
        if model
        else _show_server(connection, as_json)
    )
    if not ready:
        raise SystemExit(REFUSED)


def _show_server(connection: Connection, as_json: bool) -> bool:
    with connection.client() as client:
        ready, index = client.ready(), client.index()
    details = _server_details(connection)
    serving = sum(each.state == "READY" for each in index)
    facts: dict[str, Any] = {
        "address": connection.server,
        "ready": ready,
        "versions_ready": serving,
        "versions": len(index),
        **(asdict(details) if details else {}),
    }
    if as_json:
        print_json(facts)
    else:
        print_facts({
            "server": connection.server,
            "state": "READY" if ready else "not ready",
            "versions": f"{serving} of {len(index)} ready",
            **(_in_words(details) if details else {}),
        })
    return ready


def _in_words(details: ServerDetails) -> "dict[str, str]":
    lanes = ", ".join(f"{n} on {name}" for name, n in details.lanes.items())
    return {
        "software": f"{details.name} {details.version}, "
        f"LibTorch {details.libtorch_version}",
        "lanes": lanes,
        "uptime": f"{details.uptime:.0f} s",
    }


def _server_details(connection: Connection) -> Optional[ServerDetails]:
    """None where the management port cannot be asked."""
    try:
        with connection.management() as management:
            return management.server()
    except click.ClickException as fault:
        if connection.management_address or not isinstance(
            fault.__cause__, Error
        ):
            raise
        return None


def _show_model(
    connection: Connection, model: str, version: Any, as_json: bool
) -> bool:
    with connection.management() as management:
        details = management.model(model, version)
    if as_json:
        print_json(asdict(details))
    else:
        print_facts(_model_in_words(details))
    return details.state.state == "READY"


def _model_in_words(details: ModelDetails) -> "dict[str, str]":
    facts = {
        "model": f"{details.state.name}, version {details.state.version}",
        "state": details.state.state,
        "reason": details.state.reason,
        "aliases": ", ".join(f"{a} = {v}" for a, v in details.aliases.items()),
        "traffic": ", ".join(f"{v}: {w}" for v, w in details.traffic.items()),
    }
    for method in details.methods:
        facts[method.name] = "({}) -> ({})".format(
            ", ".join(map(str, method.inputs)),
            ", ".join(map(str, method.outputs)),
        )
        facts["batching" if len(details.methods) == 1
              else f"{method.name}, batching"] = method.batching
    if details.memory_bytes is not None:
        facts["memory"] = f"{details.memory_bytes / 2**20:.1f} MiB"
        facts["requests"] = (
            f"{details.queued} wait, {details.in_flight} in flight"
        )
        facts["sequences"] = str(details.sequences)
    seconds = sum(duration for _, duration in details.steps)
    facts["load"] = f"{seconds:.3f} s: " + ", ".join(
        f"{name} {duration:.3f}" for name, duration in details.steps
    )
    return facts


def print_facts(facts: Mapping[str, str]) -> None:
    """Those that are not empty, one a line."""
    width = max(map(len, facts))
    for name, value in facts.items():
        if value:
            click.echo(f"{name:<{width}}  {value}")
