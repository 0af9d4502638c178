"""The overlays say what the chart says with the example of the same name."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Validate
from helm import ROOT, Helm, Manifest, parse
from manifests import Pod, containers, only, server_pod, write
from restricted import offences
from sconce_support.tools import installed, output_of, run
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
    "folder",
    ["base", "models", "overlays/cpu", "overlays/gpu", "overlays/mig"],
)
def test_the_objects_are_valid(
    kustomize: Kustomize, validate: Validate, folder: str, tmp_path: Path
) -> None:
    write(tmp_path / "all.yaml", kustomize(folder))
    done = validate(tmp_path)
    assert done.returncode == 0, output_of(done)


def claims(pod: Pod) -> set[str]:
    return {
        each["persistentVolumeClaim"]["claimName"]
        for each in pod["spec"]["volumes"]
        if "persistentVolumeClaim" in each
    }


def test_the_claim_of_models_is_the_one_that_is_mounted(
    kustomize: Kustomize, helm: Helm
) -> None:
    made = kustomize("models")
    name = only(made, "PersistentVolumeClaim")["metadata"]["name"]
    assert claims(only(made, "Pod")) == {name}
    for overlay in ("cpu", "gpu", "mig"):
        assert claims(server_pod(kustomize(f"overlays/{overlay}"))) == {name}
    for values in EXAMPLES.values():
        assert claims(server_pod(helm.template(values))) <= {name}


def test_the_loader_writes_what_the_server_may_read(
    kustomize: Kustomize,
) -> None:
    made = kustomize("models")
    loader, theirs = only(made, "Pod"), server_pod(kustomize("overlays/cpu"))
    assert offences(loader) == []
    for field in ("runAsUser", "runAsGroup", "fsGroup"):
        ours = loader["spec"]["securityContext"][field]
        assert ours == theirs["spec"]["securityContext"][field]
    (image,) = [each["image"] for each in containers(loader)]
    assert image == containers(theirs)[0]["image"]


def test_an_image_is_set_as_the_page_says(tmp_path: Path) -> None:
    """`kustomize edit set image`, in a copy of the folder."""
    program = installed("kustomize", "kubernetes") / "bin/kustomize"
    shutil.copytree(ROOT / "deploy/kustomize", tmp_path / "kustomize")
    overlay = tmp_path / "kustomize/overlays/cpu"
    image = "registry.example.com/sconce:1"
    command = ["edit", "set", "image", f"localhost/sconce={image}"]
    page = (ROOT / "deploy/README.md").read_text()
    assert " ".join(command[:-1]) in page
    done = run([program, *command], folder=overlay)
    assert done.returncode == 0, output_of(done)
    made = parse(run([program, "build", overlay]).stdout)
    assert containers(server_pod(made))[0]["image"] == image
