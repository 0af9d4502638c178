"""The chart and the server agree about flags."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from helm import SCHEMA, Manifest
from manifests import flags, server
from sconce_support.tools import output_of, run

# What the chart gives by itself.
OWN = {
    "--listen",
    "--grpc-port",
    "--http-port",
    "--management-address",
    "--drain-timeout",
    "--max-connection-age",
    "--model",
    "--model-repository",
    "--tls",
}


@pytest.fixture(scope="session")
def known(binary: Path) -> set[str]:
    text = run([binary, "--help"]).stdout
    return set(re.findall(r"^ +(?:-\w,)?(--[a-z-]+)", text, re.M))


def test_config_has_every_flag_of_the_server(known: set[str]) -> None:
    config = {
        f"--{each}" for each in SCHEMA["properties"]["config"]["properties"]
    }
    assert config | OWN == known - {"--help", "--version"}


def test_the_chart_gives_flags_that_are_there(
    known: set[str], variant: list[Manifest]
) -> None:
    assert flags(server(variant)).keys() <= known


@pytest.mark.parametrize("name", ["flags", "uploads", "long-drain"])
def test_the_server_takes_their_values(
    binary: Path, rendered: Callable[[str], list[Manifest]], name: str
) -> None:
    """With --help it ends after it has looked at the others."""
    done = run([binary, *server(rendered(name))["args"], "--help"])
    assert done.returncode == 0, output_of(done)


def test_with_help_the_server_still_looks_at_values(binary: Path) -> None:
    assert run([binary, "--lanes=many", "--help"]).returncode == 2
