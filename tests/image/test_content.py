"""What is in the image, and what is not."""

import json
import re
from typing import Any

import pytest

from conftest import SECRET_MARK
from container import once
from storage import ROOT, build, storage

MEGABYTE = 10**6
LIMIT = 700 * MEGABYTE
LIBRARIES = "/opt/sconce/lib"
SBOM = "/opt/sconce/share/sbom.spdx.json"


@pytest.fixture(scope="module")
def about(image: str) -> dict[str, Any]:
    return json.loads(storage("podman", "image", "inspect", image).stdout)[0]


@pytest.fixture(scope="module")
def sbom() -> dict[str, Any]:
    return json.loads(once(SBOM, options=["--entrypoint=cat"]))


def shell(script: str, user: str = "65532:65532") -> list[str]:
    options = ("--entrypoint=bash", f"--user={user}")
    return once("-c", script, options=options).splitlines()


def versions(sbom: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["versionInfo"] for each in sbom["packages"]}


def test_is_small(about: dict[str, Any]) -> None:
    size = about["Size"]
    print(f"unpacked: {size / MEGABYTE:.0f} MB")
    assert size <= LIMIT


def test_runs_as_a_number_through_tini(about: dict[str, Any]) -> None:
    config = about["Config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/usr/bin/tini", "--", "sconce-server"]
    assert config["StopSignal"] == "SIGTERM"
    assert set(config["ExposedPorts"]) == {"8001/tcp", "8002/tcp"}
    assert "Healthcheck" not in about and "Healthcheck" not in config


def test_has_the_usual_labels(about: dict[str, Any]) -> None:
    labels = about["Labels"]
    prefix = "org.opencontainers.image."
    assert labels[f"{prefix}title"] == "Sconce"
    assert labels[f"{prefix}licenses"] == "Apache-2.0"
    version = labels[f"{prefix}version"]
    assert f'"{version}"' in (ROOT / "server/version.h").read_text()
    assert re.match(r"[0-9a-f]{40}|unknown", labels[f"{prefix}revision"])
    assert f"localhost/sconce:{version}-cpu" in about["RepoTags"]


def test_has_no_cuda_but_what_libtorch_is_linked_to() -> None:
    found = shell(f"cd {LIBRARIES} && ls")
    assert found == [
        "libc10.so", "libcudart.so.13", "libcupti.so.13", "libgomp.so.1",
        "libtorch_cpu.so",
    ]  # fmt: skip


def test_has_the_two_programs_and_no_module() -> None:
    assert shell("ls /opt/sconce/bin") == ["sconce-load", "sconce-server"]


def test_every_library_is_found() -> None:
    told = shell(f"ldd /opt/sconce/bin/* {LIBRARIES}/*")
    assert not [line for line in told if "not found" in line]


def test_has_nothing_to_build_with() -> None:
    tools = ("gcc", "g++", "cc", "cmake", "git", "pip", "python3", "curl")
    assert not shell(f"command -v {' '.join(tools)} || true")


def test_binaries_are_stripped() -> None:
    told = shell("grep -c .debug_info /opt/sconce/bin/* || true")
    assert all(line.endswith(":0") for line in told), told


def test_secrets_left_nothing_behind(about: dict[str, Any]) -> None:
    assert SECRET_MARK not in json.dumps(about)
    history = storage("podman", "history", "--no-trunc", about["Id"]).stdout
    assert SECRET_MARK not in history
    marked = f"grep -rlsF {SECRET_MARK} --exclude-dir={{proc,sys}} / || true"
    assert not shell(marked, user="0:0")
    assert not shell("ls -d /run/secrets/* /etc/pip.conf 2>&- || true", "0:0")


def test_sbom_names_the_wheels_that_are_pinned(sbom: dict[str, Any]) -> None:
    pins = (ROOT / "deploy/toolchain/requirements.txt").read_text()
    found = versions(sbom)
    assert f"\ntorch=={found['torch']}\n" in pins
    assert {"nvidia-cuda-runtime", "nvidia-cuda-cupti"} <= set(found)
    assert {"libcli11-dev", "nlohmann-json3-dev"} <= set(found)


def test_sbom_has_every_package_with_its_version(
    sbom: dict[str, Any],
) -> None:
    installed = dict(
        line.split()
        for line in shell(r"dpkg-query -W -f '${Package} ${Version}\n'")
    )
    assert installed["libgrpc++1.51"].startswith("1.51.")
    found = versions(sbom)
    assert {name: found.get(name) for name in installed} == installed


def test_sbom_is_sound(sbom: dict[str, Any]) -> None:
    assert sbom["spdxVersion"] == "SPDX-2.3"
    ids = [each["SPDXID"] for each in sbom["packages"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", id) for id in ids)
    related = {each["relatedSpdxElement"] for each in sbom["relationships"]}
    assert related == set(ids)


def test_licences_are_there() -> None:
    told = shell("cd /opt/sconce/share/licenses && find . -type f")
    for part in ("sconce/LICENSE", "torch-", "nvidia_cuda_runtime-"):
        assert any(part in line for line in told), part


def test_an_unchanged_tree_gives_the_same_image(
    image: str, secrets: dict[str, Any]
) -> None:
    build("cpu", secrets=secrets)
    told = storage(
        "podman", "image", "inspect", "--format={{.Id}}", "localhost/sconce:cpu"
    )
    assert told.stdout.strip() == image
