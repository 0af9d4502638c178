"""The runtime among those that KServe brings, by KServe's own rules."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import Validate
from helm import ROOT, Manifest, parse
from manifests import flags, server, server_pod
from restricted import offences
from sconce_support.tools import installed, output_of, run

FOLDER = ROOT / "deploy/kserve"
OURS: Manifest = yaml.safe_load(
    (FOLDER / "clusterservingruntime.yaml").read_text()
)
EXAMPLES = {
    file.stem: yaml.safe_load(file.read_text())
    for file in (FOLDER / "examples").glob("*.yaml")
}
DEFAULT_GRACE_SECONDS = 30


@pytest.fixture(scope="session")
def theirs() -> list[Manifest]:
    """The runtimes that an installation of KServe has."""
    folder = installed("schemas", "kubernetes") / "kserve-runtimes"
    texts = [file.read_text() for file in folder.glob("kserve-*.yaml")]
    runtimes = [each for text in texts for each in parse(text)]
    assert len(runtimes) > 5
    return runtimes


def formats(runtime: Manifest) -> list[Manifest]:
    """Those that it is chosen for by itself."""
    listed = runtime["spec"]["supportedModelFormats"]
    return [each for each in listed if each.get("autoSelect")]


def supports(runtime: Manifest, model: Manifest) -> bool:
    wanted = model["modelFormat"]
    return model["protocolVersion"] in runtime["spec"][
        "protocolVersions"
    ] and any(
        each["name"] == wanted["name"]
        and wanted.get("version") in (None, each.get("version"))
        for each in formats(runtime)
    )


def chosen(runtimes: list[Manifest], model: Manifest) -> str | None:
    """As KServe's controller does: the highest priority for that format."""

    def priority(runtime: Manifest) -> int:
        name = model["modelFormat"]["name"]
        return max(
            each.get("priority", -1)
            for each in formats(runtime)
            if each["name"] == name
        )

    able = [each for each in runtimes if supports(each, model)]
    return max(able, key=priority)["metadata"]["name"] if able else None


def model(
    name: str, version: str | None, protocol: str = "grpc-v2"
) -> dict[str, Any]:
    version_field = {"version": version} if version else {}
    return {
        "modelFormat": {"name": name, **version_field},
        "protocolVersion": protocol,
    }


@pytest.mark.parametrize(
    "wanted, name",
    [
        (model("torchscript", None), "sconce"),
        (model("torchscript", "1"), "sconce"),
        (model("pytorch", "2"), "sconce"),
        # What TorchServe has now it keeps.
        (model("pytorch", None), "kserve-torchserve"),
        (model("pytorch", "1"), "kserve-torchserve"),
        (model("pytorch", None, "v1"), "kserve-torchserve"),
        (model("torchscript", None, "v2"), None),
    ],
)
def test_it_is_chosen_for_what_it_serves(
    theirs: list[Manifest], wanted: Manifest, name: str | None
) -> None:
    assert chosen([*theirs, OURS], wanted) == name


def test_without_torchserve_it_serves_pytorch(theirs: list[Manifest]) -> None:
    others = [
        each for each in theirs if "torchserve" not in each["metadata"]["name"]
    ]
    assert len(others) < len(theirs)
    assert chosen([*others, OURS], model("pytorch", None)) == "sconce"


def test_no_other_runtime_has_the_same_priority(
    theirs: list[Manifest],
) -> None:
    """KServe's webhook would refuse ours."""

    def claims(runtime: Manifest) -> set[tuple[Any, ...]]:
        return {
            (
                protocol,
                each["name"].lower(),
                each.get("version"),
                each.get("priority"),
            )
            for each in formats(runtime)
            for protocol in runtime["spec"]["protocolVersions"]
        }

    for other in theirs:
        assert not claims(OURS) & claims(other), other["metadata"]["name"]


def test_every_format_is_chosen_with_one_priority() -> None:
    names = {each["name"]: each for each in formats(OURS)}
    assert names.keys() == {"pytorch", "torchscript"}
    assert formats(OURS) == OURS["spec"]["supportedModelFormats"]


@pytest.mark.parametrize(
    "file", sorted(FOLDER.rglob("*service*.yaml")), ids=lambda file: file.stem
)
def test_kserve_takes_our_objects(validate: Validate, file: Path) -> None:
    done = validate(file)
    assert done.returncode == 0, output_of(done)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_get_it(theirs: list[Manifest], name: str) -> None:
    wanted = EXAMPLES[name]["spec"]["predictor"]["model"]
    assert chosen([*theirs, OURS], wanted) == "sconce"


@pytest.fixture
def container() -> Manifest:
    """As KServe fills it in for an InferenceService called shop."""
    (found,) = OURS["spec"]["containers"]
    assert found["name"] == "kserve-container"
    text = yaml.safe_dump(found).replace("{{.Name}}", "shop")
    return yaml.safe_load(text)


def test_the_examples_ask_for_the_image_of_this_version() -> None:
    (found,) = OURS["spec"]["containers"]
    version = found["image"].rsplit(":", 1)[1].removesuffix("-cpu")
    asked = EXAMPLES["inferenceservice-gpu"]["spec"]["predictor"]["model"]
    assert asked["runtimeVersion"] == f"{version}-cuda"
    assert "--device=cuda" in asked["args"]


def test_the_model_has_the_name_of_its_service(container: Manifest) -> None:
    assert flags(container)["--model"] == "shop=/mnt/models"
    assert container["readinessProbe"]["grpc"]["service"] == "shop"


def test_the_server_takes_its_flags(container: Manifest, binary: Path) -> None:
    help_text = run([binary, "--help"]).stdout
    assert all(f" {flag} " in help_text for flag in flags(container))
    for example in EXAMPLES.values():
        more = example["spec"]["predictor"]["model"].get("args", [])
        done = run([binary, *container["args"], *more, "--help"])
        assert done.returncode == 0, output_of(done)


def test_its_pods_have_the_labels_of_the_charts(rendered: Any) -> None:
    """By which the runbook finds them; none is a release's."""
    ours = server_pod(rendered("names"))["metadata"]["labels"]
    theirs = OURS["spec"]["labels"]
    assert theirs["app.kubernetes.io/part-of"] == "sconce"
    for key in ("part-of", "component"):
        key = f"app.kubernetes.io/{key}"
        assert theirs[key] == ours[key]
    assert "app.kubernetes.io/instance" not in theirs


def test_its_first_port_is_known_as_http2(container: Manifest) -> None:
    """KServe makes it the Service's."""
    (port,) = container["ports"]
    assert (port["name"], port["containerPort"]) == ("h2c", 8001)
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"]["port"] == 8001


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_not_for_knative(
    container: Manifest, name: str
) -> None:
    """Which takes no lifecycle."""
    assert "lifecycle" in container
    told = EXAMPLES[name]["metadata"]["annotations"]
    assert told["serving.kserve.io/deploymentMode"] == "RawDeployment"


def test_the_drain_fits_into_the_time_that_a_pod_has(
    container: Manifest,
) -> None:
    sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    drain = int(flags(container)["--drain-timeout"].removesuffix("s"))
    age = int(flags(container)["--max-connection-age"].removesuffix("s"))
    assert sleep + drain + 5 <= DEFAULT_GRACE_SECONDS
    assert 2 * age < drain


def test_a_restricted_namespace_takes_it(container: Manifest) -> None:
    """KServe sets nothing for the pod."""
    volumes = OURS["spec"]["volumes"]
    assert (
        offences({"spec": {"containers": [container], "volumes": volumes}})
        == []
    )
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in volumes}


def test_it_is_run_as_the_chart_runs_it(
    container: Manifest, rendered: Any
) -> None:
    ours = server(rendered("defaults"))
    assert container["image"] == ours["image"]
    assert container["startupProbe"] == ours["startupProbe"]
    assert container["livenessProbe"] == ours["livenessProbe"]
    assert container["resources"] == ours["resources"]
    assert (
        container["securityContext"].items() >= ours["securityContext"].items()
    )
