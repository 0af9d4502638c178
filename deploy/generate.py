#!/usr/bin/env python3
"""Writes the files of this folder that are made from others of it: the copy of
the Prometheus rules that travels with the chart, and kustomize's base, which
is the chart's rendering.

    generate.py      writes them; what is no longer made is deleted

Runs as `make manifests`. A test of tests/deploy holds the files equal to what
this would write.
"""

import pathlib
import subprocess

import yaml

HERE = pathlib.Path(__file__).resolve().parent
CHART = HERE / "helm/sconce"
BASE = HERE / "kustomize/base"
RULES = HERE / "prometheus"
RULES_COPY = CHART / "files/rules"
BASE_VALUES = ("models.source=claim", "models.claim.name=models")
HEADER = "# Made by deploy/generate.py (`make manifests`)"


def tool(name: str) -> pathlib.Path:
    script = HERE / "toolchain/kubernetes/install.sh"
    folder = subprocess.run([script, name], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.strip()
    return pathlib.Path(folder) / "bin" / name


def rule_files() -> dict[pathlib.Path, str]:
    """Files of rules, and not what else is in that folder, begin so."""
    texts = {file.name: file.read_text(encoding="utf-8")
             for file in sorted(RULES.glob("*.yaml"))}
    return {RULES_COPY / name:
            f"{HEADER} from deploy/prometheus/{name}.\n{text}"
            for name, text in texts.items()
            if "groups" in (yaml.safe_load(text) or {})}


def rendered(helm: pathlib.Path) -> list[dict]:
    command = [helm, "template", "sconce", CHART, "--skip-tests"]
    for value in BASE_VALUES:
        command += ["--set", value]
    text = subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return [each for each in yaml.safe_load_all(text) if each]


def for_kustomize(manifest: dict) -> dict:
    metadata = manifest["metadata"]
    metadata.pop("namespace")
    metadata["labels"].pop("helm.sh/chart")
    metadata["labels"]["app.kubernetes.io/managed-by"] = "kustomize"
    return manifest


def file_name(manifest: dict) -> str:
    ending = manifest["metadata"]["name"].removeprefix("sconce")
    return f"{manifest['kind'].lower()}{ending}.yaml"


def text_of(value: dict) -> str:
    body = yaml.safe_dump(value, sort_keys=False, width=100)
    return f"{HEADER} from deploy/helm/sconce.\n{body}"


def base_files(helm: pathlib.Path) -> dict[pathlib.Path, str]:
    texts = {BASE / file_name(each): text_of(for_kustomize(each))
             for each in rendered(helm)}
    kustomization = {"apiVersion": "kustomize.config.k8s.io/v1beta1",
                     "kind": "Kustomization",
                     "resources": sorted(file.name for file in texts)}
    return {**texts, BASE / "kustomization.yaml": text_of(kustomization)}


def generated(helm: pathlib.Path) -> dict[pathlib.Path, str]:
    return {**rule_files(), **base_files(helm)}


def present() -> set[pathlib.Path]:
    return {*RULES_COPY.glob("*"), *BASE.glob("*")}


def main() -> None:
    files = generated(tool("helm"))
    for file in present() - files.keys():
        file.unlink()
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
