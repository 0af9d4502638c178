"""Requests of the management service, and how its answers are read.

Each function gives the method's name, its request, and what makes a plain
value of its response: `Management` and `AsyncManagement` only send them.
"""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping, NamedTuple, Union

from sconce.client.errors import InvalidInput
from sconce.client.examples import examples_of
from sconce.client.states import details_of, models_of, server_of
from sconce.client.wire import Method, management

Version = Union[int, str]


class Change(NamedTuple):
    """One unary RPC. `takes_as_long_as_a_load` has no deadline of its own."""

    method: Method
    request: Any
    read: Callable[[Any], Any]
    takes_as_long_as_a_load: bool = False


def list_models() -> Change:
    return _change("ListModels", {}, models_of)


def server_info() -> Change:
    return _change("ServerInfo", {}, server_of)


def get_model(name: str, version: Version) -> Change:
    fields = {"name": name, **_version_or_alias(version)}
    return _change("GetModel", fields, details_of)


def inspect_model(name: str, version: Version) -> Change:
    fields = {"name": name, **_version_or_alias(version)}
    return _change("InspectModel", fields, lambda response: response.json)


def model_examples(name: str, version: Version) -> Change:
    fields = {"name": name, **_version_or_alias(version)}
    return _change("GetModelExamples", fields, examples_of)


def load(name: str, versions: Iterable[int]) -> Change:
    fields = {"name": name, "versions": list(versions)}
    return _change("LoadModel", fields, _nothing, True)


def unload(name: str, versions: Iterable[int]) -> Change:
    fields = {"name": name, "versions": list(versions)}
    return _change("UnloadModel", fields, _nothing, True)


def delete_version(name: str, version: int) -> Change:
    fields = {"name": name, "version": version}
    return _change("DeleteVersion", fields, _nothing, True)


def set_aliases(
    name: str, aliases: Mapping[str, int], remove: Iterable[str]
) -> Change:
    fields = {"name": name, "set": dict(aliases), "remove": list(remove)}
    return _change("SetAliases", fields, _nothing)


def set_traffic(name: str, weights: Mapping[int, int]) -> Change:
    shares = [
        {"version": version, "weight": weight}
        for version, weight in weights.items()
    ]
    return _change("SetTraffic", {"name": name, "shares": shares}, _nothing)


def rollback(name: str) -> Change:
    return _change(
        "Rollback", {"name": name}, lambda response: response.version, True
    )


def get_upload(name: str, version: int, sha256: str) -> Change:
    fields = {"name": name, "version": version, "sha256": sha256}
    return _change("GetUpload", fields, lambda response: response.offset)


def _change(
    name: str,
    fields: Mapping[str, Any],
    read: Callable[[Any], Any],
    takes_as_long_as_a_load: bool = False,
) -> Change:
    method = management[name]
    try:
        request = method.request(**fields)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{name}: {error}") from None
    return Change(method, request, read, takes_as_long_as_a_load)


def _version_or_alias(version: Version) -> Mapping[str, Any]:
    if isinstance(version, str):
        if not version.isdigit():
            return {"alias": version}
        version = int(version)
    return {"version": version}


def _nothing(response: Any) -> None:
    return None
