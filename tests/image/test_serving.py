"""The image serves under every restriction, whoever it runs as."""

import json
from pathlib import Path

import pytest

from sconce_support.admin import get

from container import Container, once
from predictions import check_answers
from storage import LOCKED, ROOT

# The image's own; one of the machine's; one as OpenShift hands them out.
USERS = ("65532:65532", "1000:1000", "1000700000:0")


@pytest.mark.parametrize("user", USERS)
def test_predicts_as_any_user(models: Path, user: str) -> None:
    with Container(models, options=(*LOCKED, f"--user={user}")) as server:
        check_answers(server.grpc_address)
        assert server.run("id", "-u").strip() == user.split(":")[0]
        assert server.stop() == 0


def test_a_published_port_and_a_volume_are_all_it_takes(
    models: Path,
) -> None:
    with Container(models, options=("--publish=127.0.0.1::8001",)) as server:
        ports = server.inspect()["NetworkSettings"]["Ports"]
        check_answers(f"127.0.0.1:{ports['8001/tcp'][0]['HostPort']}")


def test_nothing_can_be_written(server: Container) -> None:
    for folder in ("/", "/tmp", "/run", "/var/tmp", "/opt/sconce", "/models"):
        tried = server.run("sh", "-c", f"touch {folder}/x 2>&1 || true")
        assert "Read-only file system" in tried, folder


def test_the_process_has_no_rights(server: Container) -> None:
    status = server.run("cat", "/proc/1/status").splitlines()
    values = dict(line.split(":\t", 1) for line in status)
    assert values["Name"] == "tini"
    assert int(values["CapEff"], 16) == 0 and int(values["CapBnd"], 16) == 0
    assert values["NoNewPrivs"] == "1"


def test_limits_of_the_container_are_the_servers(models: Path) -> None:
    """Two lanes on half a processor would take turns."""
    with Container(models, options=(*LOCKED, "--cpus=0.5")) as server:
        assert " lanes=1 " in server.log()


def test_pages_for_probes_and_metrics(server: Container) -> None:
    assert get(server.http_address, "/livez")[0] == 200
    assert "sconce_" in get(server.http_address, "/metrics")[1]


@pytest.mark.parametrize("word", ["version", "--version"])
def test_tells_its_version(word: str) -> None:
    declared = (ROOT / "server/version.h").read_text()
    told = once(word).strip()
    assert f'"{told}"' in declared


def test_tells_its_flags() -> None:
    assert "--model-repository" in once("--help")


def test_has_a_load_test(server: Container) -> None:
    """Closed, since an open loop is void where the machine is busy."""
    told = server.run(
        "sconce-load", server.grpc_address, "--model", "slow",
        "--shape", "x=16,16", "--closed-loop", "2", "--duration", "1", "--json",
    )  # fmt: skip
    assert set(json.loads(told)["codes"]) == {"OK"}


def test_a_missing_folder_is_waited_for(tmp_path: Path) -> None:
    """It does not crash in a loop; /models and readiness tell why."""
    flags = ("--model-repository", "/models/not_there")
    with Container(tmp_path, *flags, wait_until_ready=False) as server:
        server.wait_listening()
        assert get(server.http_address, "/livez")[0] == 200
        assert get(server.http_address, "/readyz")[0] != 200
        assert server.inspect()["State"]["Status"] == "running"
