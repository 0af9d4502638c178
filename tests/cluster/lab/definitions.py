"""Custom resource definitions of the add-ons that we have objects for.

They come from the Go modules that deploy/toolchain/kubernetes/schemas pins,
where their projects keep them; nothing of theirs is in our tree.
"""

import importlib.util
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import yaml

from lab.api import Api, Object
from lab.programs import Unavailable
from sconce_support.waiting import eventually

_TOOLCHAIN = Path(__file__).resolve().parents[3] / "deploy/toolchain"
_SCHEMAS = _TOOLCHAIN / "kubernetes/schemas"
_API = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_ACCEPTED_SECONDS = 60.0
# Kubernetes wants to see it on kinds of its own community.
_APPROVAL = "api-approved.kubernetes.io"

# Those that a manifest of ours or of its tests is one of.
KINDS = frozenset({
    "Certificate",
    "ClusterServingRuntime",
    "GRPCRoute",
    "InferenceService",
    "PodMonitor",
    "PrometheusRule",
    "ScaledObject",
    "ServiceMonitor",
})


def install(api: Api) -> list[str]:
    """The kinds that the API server knows from now on."""
    definitions = list(_definitions())
    names = [api.create(_API, each)["metadata"]["name"]
             for each in definitions]
    for name in names:
        eventually(lambda: _established(api, name), name, _ACCEPTED_SECONDS)
    return [each["spec"]["names"]["kind"] for each in definitions]


def _definitions() -> Iterator[Object]:
    schemas = _write_schemas()
    folders = schemas.module_folders(_downloaded())
    for module, path in schemas.DEFINITIONS:
        for file in sorted((folders[module] / path).glob("*.yaml")):
            thing = yaml.load(file.read_bytes(), schemas.Loader)
            if thing.get("kind") == "CustomResourceDefinition" \
                    and thing["spec"]["names"]["kind"] in KINDS:
                yield _essence(thing)


def _essence(definition: Object) -> Object:
    """Some lie in a Helm chart, with labels that are templates."""
    meta, annotations = definition["metadata"], {}
    if approval := meta.get("annotations", {}).get(_APPROVAL):
        annotations = {_APPROVAL: approval}
    named = {"name": meta["name"], "annotations": annotations}
    return {"metadata": named, "spec": definition["spec"]}


def _write_schemas() -> ModuleType:
    """The script that reads the same files for the tests without a cluster."""
    path = _SCHEMAS / "write_schemas.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _downloaded() -> str:
    found = subprocess.run(
        [_TOOLCHAIN / "clients/install.sh", "go"],
        stdout=subprocess.PIPE, text=True,
    )
    if found.returncode:
        raise Unavailable("Go could not be installed (see above)")
    go = Path(found.stdout.strip()) / "bin/go"
    done = subprocess.run(
        [go, "-C", _SCHEMAS, "mod", "download", "-json"],
        stdout=subprocess.PIPE, text=True,
    )
    if done.returncode:
        raise Unavailable("the modules of schemas/ cannot be had (see above)")
    return done.stdout


def _established(api: Api, name: str) -> bool:
    status = api.get(f"{_API}/{name}").get("status", {})
    return any(
        condition["type"] == "Established" and condition["status"] == "True"
        for condition in status.get("conditions") or []
    )
