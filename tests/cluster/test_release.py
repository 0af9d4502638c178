"""The chart is installed, tested, upgraded, taken back and removed."""

from archives import CONFIG, save_first_page
from lab.api import Object
from release import Release
from sconce_support.factor_models import add_version
from space import Space, name_of

# Kinds that a release may have objects of, and what everyone sees of them.
NAMESPACED = (
    "/api/v1/{}/configmaps",
    "/api/v1/{}/pods",
    "/api/v1/{}/secrets",
    "/api/v1/{}/serviceaccounts",
    "/api/v1/{}/services",
    "/apis/apps/v1/{}/deployments",
    "/apis/apps/v1/{}/replicasets",
    "/apis/autoscaling/v2/{}/horizontalpodautoscalers",
    "/apis/discovery.k8s.io/v1/{}/endpointslices",
    "/apis/monitoring.coreos.com/v1/{}/podmonitors",
    "/apis/monitoring.coreos.com/v1/{}/prometheusrules",
    "/apis/monitoring.coreos.com/v1/{}/servicemonitors",
    "/apis/networking.k8s.io/v1/{}/networkpolicies",
    "/apis/policy/v1/{}/poddisruptionbudgets",
)


def objects_in(space: Space) -> set[str]:
    place = f"namespaces/{space.name}"
    return {
        f"{path.rsplit('/', 1)[1]}/{name_of(each)}"
        for path in NAMESPACED
        for each in space.api.items(path.format(place))
    }


def revision_of(pod: Object) -> str:
    return str(pod["metadata"]["labels"]["pod-template-hash"])


def test_a_release_from_install_to_uninstall(
    space: Space, release: Release
) -> None:
    add_version(space.models, "times", 1)
    # The prediction of `helm test` is made up from what a model says.
    (space.models / "times/config.pbtxt").write_text(CONFIG)
    before = objects_in(space)

    release.install({"metrics": {
        "podMonitor": {"enabled": True},
        "prometheusRule": {"enabled": True},
    }})
    first = {revision_of(pod) for pod in release.wait_ready(2)}
    told = release.succeed("test", release.name, "--logs", "--timeout=60s")
    assert "== times" in told

    release.install({"config": {"lanes": 1}})
    second = {revision_of(pod) for pod in release.wait_ready(2)}
    assert len(first) == len(second) == 1 and first != second

    release.succeed("rollback", release.name, "1", "--wait", "--timeout=90s")
    assert {revision_of(pod) for pod in release.wait_ready(2)} == first

    # The pod of `helm test` is Helm's to leave and ours to see.
    release.succeed("uninstall", release.name, "--wait", "--timeout=90s")
    left = space.wait(
        lambda: {"left": objects_in(space) - before}
        if not release.pods() else None,
        "the pods to end",
    )
    assert left["left"] <= {f"pods/{release.name}-predict"}


def test_a_script_is_tested_as_the_page_says(
    space: Space, release: Release
) -> None:
    """The first page's model, which does not say what it takes."""
    save_first_page(space.models / "net" / "1" / "model.pt")
    release.install()
    release.wait_ready(2)
    done = release.helm("test", release.name, "--logs", "--timeout=60s")
    assert done.returncode != 0
    assert "--set test.model=net" in done.stdout + done.stderr

    release.install({
        "probes": {"readiness": {"model": "net"}},
        "test": {"model": "net", "args": ["--shape=input=1,10"]},
    })
    release.wait_ready(2)
    told = release.succeed("test", release.name, "--logs", "--timeout=60s")
    assert "== net" in told
