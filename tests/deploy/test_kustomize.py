"""The overlays say what the chart says with the example of the same name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Validate
from helm import Helm, Manifest
from manifests import write
from sconce_support.tools import output_of
from variants import EXAMPLES

Kustomize = Callable[[str], list[Manifest]]
Key = tuple[str, str]


def objects(manifests: list[Manifest]) -> dict[Key, Manifest]:
    """By kind and name, without what says who made them."""
    found = {}
    for each in manifests:
        metadata = each["metadata"]
        metadata.pop("namespace", None)
        for label in ("helm.sh/chart", "app.kubernetes.io/managed-by"):
            metadata["labels"].pop(label, None)
        if "helm.sh/hook" not in metadata.get("annotations", {}):
            found[each["kind"], metadata["name"]] = each
    return found


@pytest.mark.parametrize("name", ["cpu", "gpu", "mig"])
def test_an_overlay_is_the_chart_with_its_example(
    helm: Helm, kustomize: Kustomize, name: str
) -> None:
    made = objects(kustomize(f"overlays/{name}"))
    expected = objects(helm.template(EXAMPLES[name], "sconce"))
    assert made.keys() == expected.keys()
    for key, each in expected.items():
        assert made[key] == each, key


def test_no_namespace_is_set(
    kustomize: Kustomize,
) -> None:
    for each in kustomize("base"):
        assert "namespace" not in each["metadata"]


@pytest.mark.parametrize(
    "folder", ["base", "overlays/cpu", "overlays/gpu", "overlays/mig"]
)
def test_the_objects_are_valid(
    kustomize: Kustomize, validate: Validate, folder: str, tmp_path: Path
) -> None:
    write(tmp_path / "all.yaml", kustomize(folder))
    done = validate(tmp_path)
    assert done.returncode == 0, output_of(done)
