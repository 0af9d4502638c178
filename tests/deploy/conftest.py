"""The tools, and what they make of deploy/."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from helm import ROOT, Helm, Manifest, parse
from sconce_support.fixtures import binary
from sconce_support.tools import installed, output_of, run
from variants import VARIANTS

__all__ = ["binary"]

Validate = Callable[[Path], CompletedProcess[str]]


@pytest.fixture(scope="session")
def helm() -> Helm:
    return Helm(installed("helm", "kubernetes") / "bin/helm")


@pytest.fixture(scope="session")
def template_text(helm: Helm) -> Callable[[str], str]:
    """What Helm writes for a set of values of variants.py."""

    @cache
    def text_of(name: str) -> str:
        done = helm.try_template(VARIANTS[name])
        assert done.returncode == 0, output_of(done)
        return done.stdout

    return text_of


@pytest.fixture(scope="session")
def rendered(
    template_text: Callable[[str], str],
) -> Callable[[str], list[Manifest]]:
    """The objects of it, to do with as a test pleases."""

    @cache
    def quickly_read(name: str) -> str:
        return json.dumps(parse(template_text(name)))

    return lambda name: json.loads(quickly_read(name))


@pytest.fixture(params=VARIANTS)
def variant(
    request: pytest.FixtureRequest, rendered: Callable[[str], list[Manifest]]
) -> list[Manifest]:
    """One after the other."""
    return rendered(request.param)


@pytest.fixture(scope="session")
def kustomize() -> Callable[[str], list[Manifest]]:
    """What kustomize makes of a folder of deploy/kustomize."""
    program = installed("kustomize", "kubernetes") / "bin/kustomize"

    def build(folder: str) -> list[Manifest]:
        done = run([program, "build", ROOT / "deploy/kustomize" / folder])
        assert done.returncode == 0, output_of(done)
        return parse(done.stdout)

    return build


@pytest.fixture(scope="session")
def validate() -> Validate:
    """Holds a file or a folder against what Kubernetes 1.34 and the add-ons
    say that their objects may contain."""
    program = installed("kubeconform", "kubernetes") / "bin/kubeconform"
    schemas = installed("schemas", "kubernetes") / "schemas"
    location = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    options = ["-strict", "-verbose", "-schema-location", location]
    return lambda path: run([program, *options, path])
