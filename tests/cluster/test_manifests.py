"""What we ship is accepted by a real API server, add-ons' kinds too."""

import json
from pathlib import Path

import pytest
import yaml

from lab.api import Object
from release import CHART, Release
from space import CLAIM, Space

DEPLOY = CHART.parents[1]
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
FOLDERS = [
    *sorted(path.parent for path in
            DEPLOY.glob("kustomize/overlays/*/kustomization.yaml")),
    DEPLOY / "kserve",
]

ADD_ONS = {
    "Certificate", "ClusterServingRuntime", "InferenceService", "PodMonitor",
    "PrometheusRule", "ScaledObject", "ServiceMonitor",
}


def dry_run(space: Space, manifest: Path) -> list[Object]:
    """What the server would make of it; unknown fields are errors."""
    how = "-k" if manifest.is_dir() else "-f"
    done = space.cluster.kubectl(
        f"--namespace={space.name}", "apply", "--dry-run=server",
        "--server-side", "--validate=strict", "-o", "json", how, manifest,
    )
    answer = json.loads(done.stdout)
    found: list[Object] = answer.get("items", [answer])
    return found


@pytest.fixture(scope="module")
def accepted() -> set[str]:
    """Kinds that were, in the tests before."""
    return set()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_chart(
    space: Space, release: Release, example: Path, accepted: set[str],
    tmp_path: Path,
) -> None:
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(release.succeed(
        "template", release.name, CHART, f"--values={example}", "--no-hooks",
    ))
    things = dry_run(space, rendered)
    assert things
    accepted |= {thing["kind"] for thing in things}


def test_service_monitor(
    space: Space, release: Release, accepted: set[str], tmp_path: Path
) -> None:
    """The other one, of which a release has one only."""
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(release.succeed(
        "template", release.name, CHART,
        "--set=metrics.serviceMonitor.enabled=true",
    ))
    accepted |= {thing["kind"] for thing in dry_run(space, rendered)}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_folder(space: Space, folder: Path, accepted: set[str]) -> None:
    accepted |= {thing["kind"] for thing in dry_run(space, folder)}


def test_the_claim_and_its_loader(space: Space) -> None:
    """In place of the lab's own claim of that name."""
    claims = f"{space.core}/persistentvolumeclaims"
    space.api.delete(f"{claims}/{CLAIM}")
    space.wait(lambda: not space.api.items(claims), "the claim to go")
    made = dry_run(space, DEPLOY / "kustomize/models")
    assert {thing["kind"] for thing in made} == {"PersistentVolumeClaim", "Pod"}


@pytest.mark.parametrize(
    "file", sorted(DEPLOY.glob("kserve/examples/*.yaml")),
    ids=lambda path: path.stem,
)
def test_kserve_example(
    space: Space, file: Path, accepted: set[str]
) -> None:
    accepted |= {thing["kind"] for thing in dry_run(space, file)}


def test_every_kind_was_seen(accepted: set[str]) -> None:
    assert accepted >= ADD_ONS, ADD_ONS - accepted


def test_a_wrong_field_is_refused(space: Space, tmp_path: Path) -> None:
    """Or the tests above would prove nothing."""
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "wrong"},
        "spec": {"selector": {}, "podMetricsEndpoints": [{"prot": "http"}]},
    }
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(monitor))
    with pytest.raises(AssertionError, match="prot"):
        dry_run(space, path)
