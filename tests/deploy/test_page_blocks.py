"""The commands of deploy/README.md do what they say, one block after the other,
in a checkout of which nothing is ready but what the page has made."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from checkout import Checkout, blocks, write_models
from helm import CHART, ROOT, Helm, parse
from manifests import flags, only, server
from sconce_support.tools import installed, output_of

PAGE = ROOT / "deploy/README.md"
VERSION = yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"]
SECTIONS = re.findall(r"^## (.*)$", PAGE.read_text(), re.M)
WITH_COMMANDS = [each for each in SECTIONS if blocks(PAGE, each)]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    return folder


@pytest.fixture
def checkout(
    helm: Helm, models: Path, tmp_path: Path, binary: Path
) -> Checkout:
    assert binary.is_file()
    kustomize = installed("kustomize", "kubernetes") / "bin/kustomize"
    return Checkout(tmp_path, models, helm.program, kustomize)


def test_the_sections_that_are_known_have_commands() -> None:
    assert {
        "A laptop",
        "One node",
        "A cluster",
        "KServe",
        "Sizing",
        "Upgrades without loss",
        "Monitoring",
    } <= set(WITH_COMMANDS)


@pytest.mark.parametrize("section", WITH_COMMANDS)
def test_the_commands_run(checkout: Checkout, section: str) -> None:
    for block in blocks(PAGE, section):
        done = checkout.run(block)
        assert done.returncode == 0, output_of(done)


def test_the_laptop_serves_the_folder_of_the_first_page(
    checkout: Checkout,
) -> None:
    for block in blocks(PAGE, "A laptop"):
        checkout.run(block)
    (mounted,) = re.findall(r"-v (\S+):/models:ro", checkout.calls.read_text())
    files = {each.name for each in Path(mounted).iterdir()}
    assert files == {"net.pt"}


def test_the_node_answers_a_prediction(checkout: Checkout) -> None:
    (block,) = blocks(PAGE, "One node")
    done = checkout.run(block)
    assert "output_0" in done.stdout, output_of(done)
    manifests = parse(checkout.rendered.read_text())
    tag = server(manifests)["image"].rsplit(":", 1)[1]
    assert f"docker save localhost/sconce:{tag} " in block


def test_the_model_is_where_the_release_looks(checkout: Checkout) -> None:
    for block in blocks(PAGE, "A cluster"):
        checkout.run(block)
    calls = checkout.calls.read_text()
    assert "cp my_models/net.pt models-loader:/models/net/1/model.pt" in calls
    manifests = parse(checkout.rendered.read_text())
    image = server(manifests)["image"]
    assert f"docker push {image}" in calls
    assert flags(server(manifests))["--model-repository"] == "/models"
    probe = server(manifests)["readinessProbe"]
    assert probe["grpc"]["service"] == "net"
    (pod,) = only(manifests, "Pod")["spec"]["containers"]
    assert pod["args"][-1] == "--shape=input=1,10"


def images() -> Iterator[tuple[str, str]]:
    """Those of ours that pages and manifests name."""
    for file in sorted((ROOT / "deploy").rglob("*")):
        if file.suffix in {".md", ".yaml"} and "toolchain" not in file.parts:
            for tag in re.findall(
                r"(?:sconce:|newTag: )([0-9.]+)-(?:cpu|cuda)",
                file.read_text(),
            ):
                yield file.name, tag


def test_the_images_are_of_this_version() -> None:
    """But that of the example of an upgrade."""
    of_upgrade = "\n".join(blocks(PAGE, "Upgrades without loss"))
    found = [
        (name, tag)
        for name, tag in images()
        if f"sconce:{tag}-cpu" not in of_upgrade
    ]
    assert len(found) > 5
    assert {tag for _, tag in found} == {VERSION}


def test_an_upgrade_is_one_to_another_version() -> None:
    of_upgrade = "\n".join(blocks(PAGE, "Upgrades without loss"))
    (tag,) = set(re.findall(r"sconce:([0-9.]+)-cpu", of_upgrade))
    assert tag != VERSION


def test_the_answer_of_sizing_is_taken_by_the_chart(helm: Helm) -> None:
    (text,) = re.findall(
        r"^   ```yaml\n(.*?)^   ```", PAGE.read_text(), re.M | re.S
    )
    container = server(helm.template(yaml.safe_load(text)))
    given = flags(container)
    assert given["--max-model-memory"] == "896MiB"
    assert given["--max-request-memory"] == "112MiB"


ROW = re.compile(
    r"^ *\| (\d+) GiB, (\d+)\b.*? \| (\d+) MiB \| (\d+) MiB \| (\d+) MiB \|$",
    re.M,
)


def test_the_page_divides_memory_as_the_chart_does(helm: Helm) -> None:
    rows = [
        tuple(map(int, row)) for row in ROW.findall(PAGE.read_text())
    ]
    assert len(rows) == 4
    for limit, lanes, models, run, waiting in rows:
        limits = {"memory": f"{limit}Gi", "cpu": lanes}
        given = flags(
            server(helm.template({"resources": {"limits": limits}}))
        )
        assert given["--max-model-memory"] == f"{models}MiB"
        assert given["--max-request-memory"] == f"{run}MiB"
        assert 256 + models + lanes * run + waiting == limit * 1024
