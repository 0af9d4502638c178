"""The list of an image's parts, from a dpkg and wheels that are made up."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from sconce_support.tools import ROOT, output_of, run

STATUS = """\
Package: libgrpc++1.51
Status: install ok installed
Architecture: amd64
Source: grpc (1.51.1-3)
Version: 1.51.1-3+b1

Package: tini
Status: install ok installed
Architecture: amd64
Version: 0.19.0-1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""

METADATA = "Metadata-Version: 2.4\nName: {}\nVersion: {}\nLicense: {}\n"


def write_wheel(folder: Path, name: str, version: str, library: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    text = METADATA.format(name, version, "BSD-3-Clause")
    (info / "METADATA").write_text(text)
    (info / "RECORD").write_text(f"{name}/lib/{library},,\n")


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "dpkg-status").write_text(STATUS)
    (tmp_path / "compiled-in").write_text("libcli11-dev 2.1.2 all cli11\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libtorch_cpu.so").touch()
    write_wheel(tmp_path / "wheels", "torch", "2.11.0", "libtorch_cpu.so")
    write_wheel(tmp_path / "wheels", "unused", "1.0", "libunused.so")
    done = run(
        [
            sys.executable, ROOT / "deploy/image/sbom.py", "--version", "9.9",
            "--lists", tmp_path, "--wheels", tmp_path / "wheels",
            "--libraries", tmp_path / "lib",
        ],
        environment={"SOURCE_DATE_EPOCH": "0"},
    )  # fmt: skip
    assert done.returncode == 0, output_of(done)
    return json.loads(done.stdout)


def test_lists_what_is_installed_and_used(document: dict[str, Any]) -> None:
    found = {p["name"]: p["versionInfo"] for p in document["packages"]}
    assert found == {
        "sconce": "9.9",
        "torch": "2.11.0",
        "libcli11-dev": "2.1.2",
        "libgrpc++1.51": "1.51.1-3+b1",
        "tini": "0.19.0-1",
    }


def test_names_packages_as_scanners_know_them(
    document: dict[str, Any],
) -> None:
    urls = [
        reference["referenceLocator"]
        for each in document["packages"]
        for reference in each["externalRefs"]
    ]
    assert "pkg:pypi/torch@2.11.0" in urls
    assert (
        "pkg:deb/debian/libgrpc%2B%2B1.51@1.51.1-3%2Bb1"
        "?arch=amd64&distro=debian-12&upstream=grpc"
    ) in urls


def test_tells_how_each_belongs_to_the_server(
    document: dict[str, Any],
) -> None:
    kinds = {
        (each["relationshipType"], each["relatedSpdxElement"])
        for each in document["relationships"]
    }
    assert kinds == {
        ("DESCRIBES", "SPDXRef-sconce-sconce"),
        ("DYNAMIC_LINK", "SPDXRef-pypi-torch"),
        ("STATIC_LINK", "SPDXRef-debian-libcli11-dev"),
        ("DEPENDS_ON", "SPDXRef-debian-libgrpc--1.51"),
        ("DEPENDS_ON", "SPDXRef-debian-tini"),
    }


def test_is_the_same_at_the_same_time(document: dict[str, Any]) -> None:
    assert document["creationInfo"]["created"] == "1970-01-01T00:00:00Z"
