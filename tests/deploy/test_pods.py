"""What holds for every pod that any set of values makes."""

import copy
import re
from collections.abc import Callable

import pytest

from helm import Helm, Manifest
from manifests import containers, of_kind, only, pods, server_pod
from restricted import offences
from variants import VARIANTS

Rendered = Callable[[str], list[Manifest]]

# Restricted namespaces take no hostPath; the example says so.
UNRESTRICTED = {"one-node"}


@pytest.mark.parametrize("name", VARIANTS.keys() - UNRESTRICTED)
def test_a_restricted_namespace_takes_it(
    rendered: Rendered, name: str
) -> None:
    for pod in pods(rendered(name)):
        assert offences(pod) == []


def test_nothing_but_the_folder_of_the_node_is_not_restricted(
    rendered: Rendered,
) -> None:
    (offence,) = offences(server_pod(rendered("one-node")))
    assert "hostPath" in offence


@pytest.mark.parametrize(
    "field, value",
    [
        ("allowPrivilegeEscalation", True),
        ("capabilities", {"drop": ["NET_RAW"]}),
        ("capabilities", {"drop": ["ALL"], "add": ["SYS_NICE"]}),
        ("runAsNonRoot", False),
        ("runAsUser", 0),
        ("privileged", True),
        ("seccompProfile", {"type": "Unconfined"}),
    ],
)
def test_the_check_of_restriction_looks(
    rendered: Rendered, field: str, value: object
) -> None:
    pod = copy.deepcopy(server_pod(rendered("defaults")))
    pod["spec"]["containers"][0]["securityContext"][field] = value
    assert offences(pod)


def test_the_root_file_system_is_read_only(variant: list[Manifest]) -> None:
    for pod in pods(variant):
        for container in containers(pod):
            assert (
                container["securityContext"]["readOnlyRootFilesystem"] is True
            )


def test_no_pod_has_a_token_or_the_names_of_services(
    variant: list[Manifest],
) -> None:
    for pod in pods(variant):
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["enableServiceLinks"] is False
    for account in of_kind(variant, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False


def test_images_are_named_exactly(variant: list[Manifest]) -> None:
    for pod in pods(variant):
        for container in containers(pod):
            image = container["image"]
            assert re.search(r"(:[\w.-]+|@sha256:[0-9a-f]{64})$", image), image
            assert not image.endswith(":latest")


def test_every_container_has_its_resources(variant: list[Manifest]) -> None:
    for pod in pods(variant):
        for container in containers(pod):
            resources = container["resources"]
            assert resources["requests"].keys() >= {"cpu", "memory"}
            assert "memory" in resources["limits"], container["name"]


def test_what_is_mounted_is_a_volume_and_every_volume_is_mounted(
    variant: list[Manifest],
) -> None:
    for pod in pods(variant):
        volumes = {each["name"] for each in pod["spec"].get("volumes", [])}
        mounts = {
            mount["name"]
            for container in containers(pod)
            for mount in container.get("volumeMounts", [])
        }
        assert mounts == volumes


def test_labels_of_a_user_replace_none_of_ours(rendered: Rendered) -> None:
    labels = server_pod(rendered("placement"))["metadata"]["labels"]
    assert labels["app.kubernetes.io/name"] == "sconce"
    assert labels["team"] == "a"


def test_a_new_chart_alone_replaces_no_pod(helm: Helm) -> None:
    labels = only(helm.template({}), "Deployment")["spec"]["template"][
        "metadata"
    ]["labels"]
    assert "helm.sh/chart" not in labels


def test_null_takes_a_default_away(rendered: Rendered) -> None:
    """As OpenShift needs it, which chooses the user itself."""
    context = server_pod(rendered("openshift"))["spec"]["securityContext"]
    assert context.keys() == {
        "runAsNonRoot",
        "seccompProfile",
        "fsGroupChangePolicy",
    }
