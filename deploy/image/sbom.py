#!/usr/bin/env python3
"""Writes what an image consists of as an SPDX 2.3 document (JSON): the Debian
packages that dpkg knows of, the wheels whose libraries were copied, and what
was compiled into the server. Run by the Dockerfile.

    sbom.py --version VERSION --lists DIR --wheels DIR --libraries DIR

DIR/dpkg-status is the image's /var/lib/dpkg/status; DIR/compiled-in has a line
"package version architecture source-package" for each Debian package whose
headers are in the program, and which the image therefore does not have.
"""

import argparse
import datetime
import hashlib
import importlib.metadata
import json
import os
import pathlib
import re
import sys
from collections.abc import Iterator
from urllib.parse import quote

NAMESPACE = "https://sconce.invalid/spdx"


def package(name: str, version: str, purl: str, supplier: str,
            **more: str) -> dict:
    told = re.sub(r"[^A-Za-z0-9.-]", "-", f"{supplier}-{name}")
    return {
        "SPDXID": f"SPDXRef-{told}",
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER",
                          "referenceType": "purl",
                          "referenceLocator": purl}],
        **more,
    }


def debian_package(name: str, version: str, architecture: str,
                   source: str) -> dict:
    purl = (f"pkg:deb/debian/{quote(name)}@{quote(version)}"
            f"?arch={architecture}&distro=debian-12&upstream={quote(source)}")
    return package(name, version, purl, "debian",
                   sourceInfo=f"built from the Debian source package {source}")


def debian_packages(status: str) -> Iterator[dict]:
    """What is installed according to /var/lib/dpkg/status."""
    for paragraph in status.split("\n\n"):
        field = dict(re.findall(r"^([\w-]+): (.*)$", paragraph, re.M))
        if field.get("Status") == "install ok installed":
            source = field.get("Source", field["Package"]).split(" ")[0]
            yield debian_package(field["Package"], field["Version"],
                                 field["Architecture"], source)


def compiled_in(lines: str) -> Iterator[dict]:
    for line in lines.splitlines():
        name, version, architecture, source = line.split()
        yield debian_package(name, version, architecture, source)


def licence_of(wheel: importlib.metadata.Distribution) -> str:
    told = (wheel.metadata.get("License-Expression")
            or wheel.metadata.get("License") or "")
    known = re.fullmatch(r"(?!LicenseRef)[A-Za-z0-9.-]+", told)
    return told if known else "NOASSERTION"


def wheels(folder: pathlib.Path, libraries: pathlib.Path) -> Iterator[dict]:
    """Those that one of the copied libraries is from."""
    copied = {file.name for file in libraries.iterdir()}
    for wheel in importlib.metadata.distributions(path=[str(folder)]):
        from_it = sorted({file.name for file in wheel.files or ()
                          if file.parent.name == "lib"} & copied)
        if from_it:
            yield package(wheel.name, wheel.version,
                          f"pkg:pypi/{wheel.name.lower()}@{wheel.version}",
                          "pypi", licenseDeclared=licence_of(wheel),
                          comment=f"only {', '.join(from_it)}")


def own_package(name: str, version: str) -> dict:
    return package(name, version, f"pkg:generic/{name}@{version}", "sconce",
                   licenseDeclared="Apache-2.0")


def relationship(one: str, kind: str, other: str) -> dict:
    return {"spdxElementId": one, "relationshipType": kind,
            "relatedSpdxElement": other}


def document(own: dict, parts: dict[str, list[dict]], created: str) -> dict:
    """`parts`: the packages by their relationship with our own."""
    packages = [own, *(each for kind in parts.values() for each in kind)]
    digest = hashlib.sha256(json.dumps(packages).encode()).hexdigest()
    name = f"{own['name']}-{own['versionInfo']}"
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"{NAMESPACE}/{name}-{digest[:16]}",
        "creationInfo": {"created": created,
                         "creators": ["Tool: sconce-deploy-image-sbom"]},
        "packages": packages,
        "relationships": [
            relationship("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"]),
            *(relationship(own["SPDXID"], kind, each["SPDXID"])
              for kind, found in parts.items() for each in found)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--version", required=True)
    for flag in ("--lists", "--wheels", "--libraries"):
        parser.add_argument(flag, type=pathlib.Path, required=True)
    flags = parser.parse_args()
    parts = {
        "DYNAMIC_LINK": list(wheels(flags.wheels, flags.libraries)),
        "STATIC_LINK": list(compiled_in((flags.lists / "compiled-in").read_text())),
        "DEPENDS_ON": list(debian_packages(
            (flags.lists / "dpkg-status").read_text())),
    }
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    now = (datetime.datetime.fromtimestamp(int(epoch), datetime.UTC) if epoch
           else datetime.datetime.now(datetime.UTC))
    json.dump(document(own_package("sconce", flags.version), parts,
                       now.strftime("%Y-%m-%dT%H:%M:%SZ")),
              sys.stdout, indent=1)


if __name__ == "__main__":
    main()
