"""Finding things in manifests."""

import json
from collections.abc import Iterator
from pathlib import Path

from helm import Manifest

Pod = Manifest  # its metadata and its spec


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    return [each for each in manifests if each["kind"] == kind]


def only(manifests: list[Manifest], kind: str, ending: str = "") -> Manifest:
    """The one of that kind whose name has the ending."""
    names = {
        each["metadata"]["name"]: each for each in of_kind(manifests, kind)
    }
    found = [
        each
        for name, each in names.items()
        if name.endswith(ending) and (ending or "headless" not in name)
    ]
    assert len(found) == 1, f"{kind} {ending}: {list(names)}"
    return found[0]


def pods(manifests: list[Manifest]) -> Iterator[Pod]:
    """Every pod that the manifests make."""
    for each in manifests:
        if each["kind"] == "Pod":
            yield each
        elif each["kind"] == "Deployment":
            yield each["spec"]["template"]


def server_pod(manifests: list[Manifest]) -> Pod:
    return only(manifests, "Deployment")["spec"]["template"]


def server(manifests: list[Manifest]) -> Manifest:
    """The server's container."""
    return server_pod(manifests)["spec"]["containers"][0]


def containers(pod: Pod) -> list[Manifest]:
    spec = pod["spec"]
    return spec.get("initContainers", []) + spec["containers"]


def flags(container: Manifest) -> dict[str, str]:
    """Of the server, by name; of one that is repeated the last."""
    return dict(each.split("=", 1) for each in container["args"])


def selects(labels: dict[str, str], pod: Pod) -> bool:
    return labels.items() <= pod["metadata"]["labels"].items()


def write(file: Path, manifests: list[Manifest]) -> None:
    file.write_text("\n---\n".join(map(json.dumps, manifests)))
