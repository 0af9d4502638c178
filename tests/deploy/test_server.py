"""What a server is given: flags, models, devices and certificates."""

from collections.abc import Callable

import pytest
import yaml

from helm import CHART, Helm, Manifest
from manifests import flags, server, server_pod

VERSION = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]

Rendered = Callable[[str], list[Manifest]]


@pytest.mark.parametrize(
    "example, resource",
    [("gpu", "nvidia.com/gpu"), ("mig", "nvidia.com/mig-1g.10gb")],
)
def test_a_pod_gets_its_device(
    rendered: Rendered, example: str, resource: str
) -> None:
    container = server(rendered(example))
    assert container["resources"]["limits"][resource] == 1
    assert container["image"] == f"localhost/sconce:{VERSION}-cuda"
    cpu = server(rendered("cpu"))["image"]
    assert cpu == f"localhost/sconce:{VERSION}-cpu"


def test_a_pod_with_a_gpu_does_not_serve_without(
    rendered: Rendered, helm: Helm
) -> None:
    for name in ("gpu", "mig"):
        assert flags(server(rendered(name)))["--device"] == "cuda"
    assert "--device" not in flags(server(rendered("cpu")))
    for more, wanted in [
        ({"config": {"device": "cuda:1"}}, "--device=cuda:1"),
        ({"config": {"device": "auto"}}, "--device=auto"),
        ({"extraArgs": ["--device=cuda:0"]}, "--device=cuda:0"),
    ]:
        args = server(helm.template({"gpu": {"count": 2}, **more}))["args"]
        assert [a for a in args if "--device" in a] == [wanted]


def test_pods_spread_over_nodes_by_revision(rendered: Rendered) -> None:
    spread = server_pod(rendered("defaults"))["spec"][
        "topologySpreadConstraints"
    ]
    assert [each["topologyKey"] for each in spread] == [
        "kubernetes.io/hostname",
        "topology.kubernetes.io/zone",
    ]
    assert all(
        each["matchLabelKeys"] == ["pod-template-hash"] for each in spread
    )


def test_large_numbers_are_written_out(rendered: Rendered) -> None:
    given = server(rendered("flags"))["args"]
    assert "--max-message-size=67108864" in given
    assert "--max-queue-size=1000000" in given


def test_off_and_false_become_what_the_server_reads(
    rendered: Rendered,
) -> None:
    given = server(rendered("flags"))["args"]
    assert "--optimize=off" in given
    assert "--strict-readiness=false" in given


def test_a_list_repeats_its_flag(rendered: Rendered) -> None:
    given = server(rendered("flags"))["args"]
    assert {"--load-model=net", "--load-model=b"} <= set(given)


def test_models_can_be_named(rendered: Rendered) -> None:
    given = server(rendered("named-models"))["args"]
    assert {"--model=net=/models/net.pt", "--model=b=/models/old/b"} <= set(
        given
    )
    assert "--model-repository=/models" not in given


SOURCES = {
    "defaults": "emptyDir",
    "puller-oci": "emptyDir",
    "cpu": "persistentVolumeClaim",
    "one-node": "hostPath",
    "image-volume": "image",
}


@pytest.mark.parametrize("name", SOURCES)
def test_models_come_from_where_they_are(
    rendered: Rendered, name: str
) -> None:
    pod = server_pod(rendered(name))
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    assert volumes["models"].keys() == {"name", SOURCES[name]}
    mounts = {
        each["mountPath"]: each
        for each in server(rendered(name))["volumeMounts"]
    }
    assert mounts["/models"]["readOnly"] is True


def test_a_folder_of_the_node_is_made_where_it_is_not(
    rendered: Rendered,
) -> None:
    """Else a pod would hang, without a log to say why."""
    pod = server_pod(rendered("one-node"))
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    assert volumes["models"]["hostPath"] == {
        "path": "/srv/models",
        "type": "DirectoryOrCreate",
    }


def test_a_puller_can_write_where_the_server_reads(rendered: Rendered) -> None:
    for name in ("puller-oci", "puller-s3", "puller-git"):
        (puller,) = server_pod(rendered(name))["spec"]["initContainers"]
        mounts = {each["mountPath"]: each for each in puller["volumeMounts"]}
        assert mounts["/models"]["name"] == "models"
        assert not mounts["/models"].get("readOnly")


def test_the_server_may_write_models_where_uploads_are_meant(
    rendered: Rendered,
) -> None:
    mounts = {
        each["mountPath"]: each
        for each in server(rendered("uploads"))["volumeMounts"]
    }
    assert mounts["/models"]["readOnly"] is False
    assert (
        flags(server(rendered("uploads")))["--management-address"]
        == "0.0.0.0:8003"
    )
    assert flags(server(rendered("defaults")))["--management-address"] == "off"


def test_a_ca_is_shown_to_the_server_only_where_clients_need_one(
    rendered: Rendered,
) -> None:
    """It would demand certificates of all clients otherwise, and Secrets of
    cert-manager have one."""

    def items(name: str) -> list[tuple[str, str]]:
        pod = server_pod(rendered(name))
        (volume,) = [
            each for each in pod["spec"]["volumes"] if each["name"] == "tls"
        ]
        return [
            (source["secret"]["name"], item["path"])
            for source in volume["projected"]["sources"]
            for item in source["secret"]["items"]
        ]

    own = "r-sconce-tls"
    assert items("tls-cert-manager") == [(own, "tls.crt"), (own, "tls.key")]
    assert ("clients", "ca.crt") in items("tls-clients")
