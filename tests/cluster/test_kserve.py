"""Our runtime of KServe, as a pod, with models where KServe puts them.

KServe's controller is not here: what it does to the runtime is done below. The
API server has checked the objects themselves (test_manifests.py).
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from archives import CONFIG, save
from lab.api import Object
from release import CHART, SMALL
from sconce_support.factor_models import Times
from space import CLAIM, Space, is_ready
from traffic import ask

RUNTIME = CHART.parents[1] / "kserve/clusterservingruntime.yaml"
SERVICE = "shop"  # the InferenceService's name, and so the model's


def one_file(folder: Path) -> None:
    save(Times(3.0), folder / "ranker.pt")


def folder_of_a_model(folder: Path) -> None:
    save(Times(3.0), folder / "model.pt")


def folder_with_config(folder: Path) -> None:
    save(Times(3.0), folder / "model.pt")
    (folder / "config.pbtxt").write_text(CONFIG)


def folder_of_versions(folder: Path) -> None:
    save(Times(2.0), folder / "1" / "model.pt")
    save(Times(3.0), folder / "2" / "model.pt")


def versions_with_config(folder: Path) -> None:
    folder_of_versions(folder)
    (folder / "config.pbtxt").write_text(CONFIG)


def predictor() -> Object:
    """The pod that KServe makes of the runtime for an InferenceService."""
    text = RUNTIME.read_text().replace("{{.Name}}", SERVICE)
    spec = yaml.safe_load(text)["spec"]
    (server,) = spec["containers"]
    server["image"] = "{repository}:{tag}".format(**SMALL["image"])
    server["imagePullPolicy"] = "Never"
    server["resources"] = {"limits": {"memory": "1Gi"}}
    place = {"name": "kserve-provision-location", "mountPath": "/mnt/models"}
    server["volumeMounts"].append({**place, "readOnly": True})
    volumes = [
        *spec["volumes"],
        {"name": place["name"], "emptyDir": {}},
        {"name": CLAIM, "persistentVolumeClaim": {"claimName": CLAIM}},
    ]
    return {
        "metadata": {"name": SERVICE, "labels": {"app": SERVICE}},
        "spec": {
            "initContainers": [storage_initializer(server, place)],
            "containers": [server],
            "volumes": volumes,
        },
    }


def storage_initializer(server: Object, place: Object) -> Object:
    """Copies what storageUri names to /mnt/models, before the server."""
    return {
        "name": "storage-initializer",
        "image": server["image"],
        "imagePullPolicy": "Never",
        "command": ["/bin/cp", "-r", "/source/.", "/mnt/models"],
        "securityContext": server["securityContext"],
        "volumeMounts": [place, {"name": CLAIM, "mountPath": "/source"}],
    }


@pytest.mark.parametrize("write", [
    one_file, folder_of_a_model, folder_with_config, folder_of_versions,
    versions_with_config,
])
def test_layout(space: Space, write: Callable[[Path], None]) -> None:
    write(space.models)
    space.api.create(f"{space.core}/pods", predictor())
    path = f"{space.core}/pods/{SERVICE}"
    space.wait(lambda: is_ready(space.api.get(path)), "the predictor")
    address = space.api.get(path)["status"]["podIP"] + ":8001"
    right = space.cluster.layout.of("right.npz")
    write_right_answer(right)
    report = ask(
        space.cluster, address, f"--model={SERVICE}",
        "--input=x=[[1.0,2.0,3.0,4.0]]", f"--expect={right}", "--check-every=1",
    )
    assert report["codes"] == {"OK": 1}, json.dumps(report["errors"])
    assert report["answers"] == {"checked": 1, "wrong": 0, "faults": []}


def write_right_answer(path: Path) -> None:
    answer = np.array([[3, 6, 9, 12]], dtype=np.float32)
    np.savez(path, output_0=answer)
