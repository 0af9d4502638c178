"""The chart as a whole."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from helm import CHART, NAMESPACE, ROOT, Helm, Values
from sconce_support.tools import output_of
from variants import EXAMPLES, VARIANTS


@pytest.mark.parametrize("example", [None, *EXAMPLES])
def test_helm_finds_nothing_to_complain_of(
    helm: Helm, example: str | None
) -> None:
    values = []
    if example:
        values = ["--values", CHART / "examples" / f"{example}.yaml"]
    done = helm.run("lint", "--strict", CHART, *values)
    assert done.returncode == 0, output_of(done)
    assert "WARNING" not in done.stdout, output_of(done)


def test_the_version_is_the_servers() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    header = (ROOT / "server/version.h").read_text()
    assert f'kServerVersion[] = "{chart["appVersion"]}"' in header


def test_the_package_says_what_the_folder_says(
    helm: Helm, tmp_path: Path
) -> None:
    """It can be used without the rest of the repository."""
    done = helm.run("package", CHART, "--destination", tmp_path)
    assert done.returncode == 0, output_of(done)
    (package,) = tmp_path.glob("sconce-*.tgz")
    for name in ("defaults", "monitoring"):
        values = VARIANTS[name]
        assert helm.template(values, chart=package) == helm.template(values)


def test_an_old_kubernetes_is_refused(helm: Helm) -> None:
    done = helm.run("template", "r", CHART, "--kube-version", "1.29.0")
    assert done.returncode != 0
    assert "chart requires kubeVersion" in done.stderr


def notes_of(helm: Helm, values: Values, folder: Path) -> str:
    """Helm shows them after an installation only: here a copy of the chart has
    them in a manifest."""
    chart = folder / "sconce"
    shutil.copytree(CHART, chart)
    text = (chart / "templates/NOTES.txt").read_text()
    define = f'{{{{ define "notes" }}}}{text}{{{{ end }}}}'
    (chart / "templates/_notes.tpl").write_text(define)
    quoted = 'kind: Notes\ntext: {{ include "notes" . | quote }}\n'
    (chart / "templates/notes.yaml").write_text(quoted)
    manifests = helm.template(values, chart=chart)
    (notes,) = [each["text"] for each in manifests if each["kind"] == "Notes"]
    return notes


@pytest.mark.parametrize(
    "name, expected",
    [
        ("defaults", "THERE ARE NO MODELS"),
        ("uploads", "One replica"),
        (
            "cpu",
            f"dns:///r-sconce-headless.{NAMESPACE}.svc.cluster.local:8001",
        ),
    ],
)
def test_notes_say_what_to_do_next(
    helm: Helm, name: str, expected: str, tmp_path: Path
) -> None:
    notes = notes_of(helm, VARIANTS[name], tmp_path)
    assert expected in notes
    assert ("NO MODELS" in notes) == (name == "defaults")


@pytest.mark.parametrize(
    "tls, warned",
    [
        ({}, True),
        ({"enabled": True, "secretName": "t"}, True),
        (
            {
                "enabled": True,
                "secretName": "t",
                "clientCA": {"secretName": "c"},
            },
            False,
        ),
    ],
)
def test_notes_warn_of_an_open_management_port(
    helm: Helm, tls: Values, warned: bool, tmp_path: Path
) -> None:
    values = {
        "management": {"enabled": True},
        "networkPolicy": {"enabled": False},
        "tls": tls,
    }
    notes = notes_of(helm, values, tmp_path)
    assert ("everyone who reaches port 8003" in notes) == warned


@pytest.mark.parametrize(
    "name, told",
    [
        ("defaults", ""),
        ("uploads", "(replicas)"),
        ("autoscaling", ""),
        ("all-metrics-hpa", "(autoscaling.minReplicas)"),
    ],
)
def test_notes_warn_of_one_replica(
    helm: Helm, name: str, told: str, tmp_path: Path
) -> None:
    notes = notes_of(helm, VARIANTS[name], tmp_path)
    assert ("One replica" in notes) == bool(told)
    assert told in notes


def test_every_template_is_rendered_by_some_values(
    template_text: Callable[[str], str],
) -> None:
    """So that the checks of manifests see all of them."""
    source = re.compile(r"^# Source: sconce/(\S+)", re.M)
    used = {
        each
        for name in VARIANTS
        for each in source.findall(template_text(name))
    }
    templates = (CHART / "templates").rglob("*.yaml")
    assert used == {file.relative_to(CHART).as_posix() for file in templates}
