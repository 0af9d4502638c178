"""`sconce load`, `unload`, `alias`, `traffic` and `rollback`."""

from __future__ import annotations

from typing import Any

import click

from sconce.cli.connection import Connection, connecting, model_argument
from sconce.cli.printing import print_json


def _done(as_json: bool, text: str, **facts: Any) -> None:
    if as_json:
        print_json(facts)
    else:
        click.echo(text)


def _listed(model: str, versions: "tuple[int, ...]") -> str:
    if not versions:
        return model
    return f"{model}, version {', '.join(map(str, versions))}"


@click.command()
@model_argument
@click.argument("versions", metavar="[VERSION]...", nargs=-1, type=int)
@connecting
def load(
    connection: Connection,
    as_json: bool,
    model: str,
    versions: "tuple[int, ...]",
) -> None:
    """Load a MODEL, or the named versions beside those that are loaded.

    Returns when they can be used. Loads again what has changed on the disk.
    """
    with connection.management() as management:
        management.load(model, versions)
    _done(as_json, f"loaded {_listed(model, versions)}", model=model,
          versions=versions)


@click.command()
@model_argument
@click.argument("versions", metavar="[VERSION]...", nargs=-1, type=int)
@connecting
def unload(
    connection: Connection,
    as_json: bool,
    model: str,
    versions: "tuple[int, ...]",
) -> None:
    """Take a MODEL, or the named versions of it, out of service.

    Requests in flight finish; files stay.
    """
    with connection.management() as management:
        management.unload(model, versions)
    _done(as_json, f"unloaded {_listed(model, versions)}", model=model,
          versions=versions)


@click.command()
@model_argument
@click.argument("aliases", metavar="[NAME=VERSION]...", nargs=-1)
@click.option("--remove", metavar="NAME", multiple=True,
              help="Remove this alias; may be repeated.")
@connecting
def alias(
    connection: Connection,
    as_json: bool,
    model: str,
    aliases: "tuple[str, ...]",
    remove: "tuple[str, ...]",
) -> None:
    """Give versions of a MODEL names, and remove some, in one step.

    Without any, show those there are. An alias can be written wherever a
    version can.
    """
    wanted = dict(_pair(each, "NAME=VERSION") for each in aliases)
    with connection.management() as management:
        if wanted or remove:
            management.set_aliases(model, wanted, remove)
        found = management.model(model).aliases
    text = "\n".join(f"{name} = {number}" for name, number in found.items())
    _done(as_json, text or f"{model} has no alias", model=model,
          aliases=dict(found))


@click.command()
@model_argument
@click.argument("weights", metavar="[VERSION=WEIGHT]...", nargs=-1)
@click.option("--reset", is_flag=True,
              help="Remove all weights: the highest version gets everything.")
@connecting
def traffic(
    connection: Connection,
    as_json: bool,
    model: str,
    weights: "tuple[str, ...]",
    reset: bool,
) -> None:
    """Divide requests that name no version among versions of a MODEL.

    Weights replace those there were; without any, show them.
    """
    if reset and weights:
        raise click.UsageError("--reset goes without weights")
    wanted = dict(_numbers(each) for each in weights)
    with connection.management() as management:
        if wanted or reset:
            management.set_traffic(model, wanted)
        found = management.model(model).traffic
    total = sum(found.values()) or 1
    text = "\n".join(
        f"version {version}: {weight / total:.1%}"
        for version, weight in found.items()
    )
    _done(as_json, text or f"{model}: the highest ready version gets all",
          model=model, traffic=dict(found))


@click.command()
@model_argument
@connecting
def rollback(connection: Connection, as_json: bool, model: str) -> None:
    """Go back to the version that served a MODEL before the last change."""
    with connection.management() as management:
        version = management.rollback(model)
    _done(as_json, f"{model} is served by version {version}", model=model,
          version=version)


def _pair(text: str, form: str) -> "tuple[str, int]":
    name, equals, number = text.partition("=")
    if not equals or not name or not number.isdigit():
        raise click.UsageError(f"'{text}' is not {form}")
    return name, int(number)


def _numbers(text: str) -> "tuple[int, int]":
    version, weight = _pair(text, "VERSION=WEIGHT")
    if not version.isdigit():
        raise click.UsageError(f"'{text}' is not VERSION=WEIGHT, in numbers")
    return int(version), weight
