#!/usr/bin/env python3
"""Writes what a manifest may contain, a JSON schema for each kind.

    go mod download -json | write_schemas.py FOLDER

FOLDER gets schemas/<kind>-<group>-<version>.json, named as kubeconform asks
for them, from Kubernetes' OpenAPI document and the custom resource
definitions of the modules; and kserve-runtimes/, the runtimes that KServe
installs. A field that a kind does not have is refused.
"""

import json
import pathlib
import shutil
import sys
from collections.abc import Iterator

import yaml

OPENAPI = "k8s.io/kubernetes", "api/openapi-spec/swagger.json"
DEFINITIONS = (
    ("github.com/cert-manager/cert-manager", "deploy/crds"),
    ("github.com/kedacore/keda/v2", "config/crd/bases"),
    ("github.com/kserve/kserve", "config/crd/full"),
    ("github.com/prometheus-operator/prometheus-operator",
     "example/prometheus-operator-crd"),
    ("sigs.k8s.io/gateway-api", "config/crd/standard"),
)
RUNTIMES = "github.com/kserve/kserve", "config/runtimes"
OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
EITHER = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": ["integer", "string"],
    "io.k8s.apimachinery.pkg.api.resource.Quantity": ["number", "string"],
}


class Loader(yaml.CSafeLoader):
    """For "=", which YAML 1.1 has a type for and nobody means."""


Loader.add_constructor("tag:yaml.org,2002:value", Loader.construct_scalar)


def module_folders(text: str) -> dict[str, pathlib.Path]:
    """Reads the objects that Go writes one after the other."""
    decoder, folders = json.JSONDecoder(), {}
    while text := text.lstrip():
        module, end = decoder.raw_decode(text)
        folders[module["Path"]] = pathlib.Path(module["Dir"])
        text = text[end:]
    return folders


def closed(schema: dict) -> dict:
    """The schema of an object with fields, which may have no others."""
    if ("properties" in schema and "additionalProperties" not in schema
            and not schema.get("x-kubernetes-preserve-unknown-fields")):
        return {**schema, "additionalProperties": False}
    return schema


def plain(value, definitions: dict, inside: tuple[str, ...] = ()):
    """OpenAPI's schema as JSON schema, its references replaced by what they
    lead to; where one leads to itself anything is allowed."""
    if isinstance(value, list):
        return [plain(each, definitions, inside) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        name = value["$ref"].rsplit("/", 1)[1]
        if name in EITHER:
            return {"type": EITHER[name]}
        return {} if name in inside else plain(
            definitions[name], definitions, (*inside, name))
    schema = {key: plain(each, definitions, inside)
              for key, each in value.items()
              if not (key in ("description", "format", "default")
                      and not isinstance(each, dict))}
    if schema.pop("nullable", False) is True and "type" in schema:
        schema["type"] = [schema["type"], "null"]
    return closed(schema)


def of_kubernetes(definitions: dict) -> Iterator[tuple[str, str, str, dict]]:
    """(group, version, kind, schema)"""
    for name, schema in definitions.items():
        kinds = schema.get("x-kubernetes-group-version-kind", [])
        if len(kinds) == 1:  # what has more is no kind, e.g. DeleteOptions
            kind = kinds[0]
            yield (kind["group"], kind["version"], kind["kind"],
                   plain(schema, definitions, (name,)))


def of_crds(folder: pathlib.Path, definitions: dict
            ) -> Iterator[tuple[str, str, str, dict]]:
    meta = plain(definitions[OBJECT_META], definitions)
    for file in sorted(folder.glob("*.yaml")):
        crd = yaml.load(file.read_bytes(), Loader)
        if crd.get("kind") != "CustomResourceDefinition":
            continue  # KServe's kustomization.yaml
        spec = crd["spec"]
        for version in spec["versions"]:
            schema = plain(version["schema"]["openAPIV3Schema"], {})
            schema["properties"]["metadata"] = meta
            yield spec["group"], version["name"], spec["names"]["kind"], schema


def all_schemas(folders: dict[str, pathlib.Path]
                ) -> Iterator[tuple[str, str, str, dict]]:
    module, path = OPENAPI
    definitions = json.loads(
        (folders[module] / path).read_bytes())["definitions"]
    yield from of_kubernetes(definitions)
    for module, path in DEFINITIONS:
        yield from of_crds(folders[module] / path, definitions)


def main(out: pathlib.Path) -> None:
    folders = module_folders(sys.stdin.read())
    (out / "schemas").mkdir(parents=True)
    for group, version, kind, schema in all_schemas(folders):
        words = (kind.lower(), group.split(".")[0], version)
        name = "-".join(filter(None, words)) + ".json"
        (out / "schemas" / name).write_text(json.dumps(schema))
    module, path = RUNTIMES
    shutil.copytree(folders[module] / path, out / "kserve-runtimes")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
