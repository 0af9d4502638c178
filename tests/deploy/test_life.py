"""How the kubelet sees that a server starts, serves and ends."""

import re
from collections.abc import Callable

from helm import Manifest
from manifests import flags, server, server_pod

Rendered = Callable[[str], list[Manifest]]

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def test_every_probe_asks_a_port_that_is_there(
    variant: list[Manifest],
) -> None:
    container = server(variant)
    ports = {
        each["name"]: each["containerPort"] for each in container["ports"]
    }
    for probe in PROBES:
        asked = container[probe]
        if "grpc" in asked:
            assert asked["grpc"]["port"] == ports["grpc"]
        else:
            assert asked["httpGet"]["port"] == "http"


def test_no_probe_speaks_grpc_to_a_port_with_tls(
    variant: list[Manifest],
) -> None:
    container = server(variant)
    kind = "httpGet" if "--tls" in flags(container) else "grpc"
    for probe in PROBES:
        assert kind in container[probe]


def test_a_server_that_drains_or_loads_is_alive_and_not_ready(
    variant: list[Manifest],
) -> None:
    asked = [str(server(variant)[probe]) for probe in PROBES]
    for startup_or_liveness in (asked[0], asked[2]):
        assert re.search("sconce.live|/livez", startup_or_liveness)
    assert not re.search("sconce.live|/livez", asked[1])


def test_readiness_can_be_that_of_one_model(rendered: Rendered) -> None:
    one = server(rendered("readiness-of-one-model"))["readinessProbe"]
    assert one["grpc"]["service"] == "net"
    every = server(rendered("defaults"))["readinessProbe"]
    assert every["grpc"]["service"] == ""


def seconds(flag: str) -> int:
    return int(flag.removesuffix("s"))


def test_the_drain_fits_into_the_time_that_the_pod_has(
    variant: list[Manifest],
) -> None:
    container = server(variant)
    given = flags(container)
    sleep = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {})
    drain = seconds(given["--drain-timeout"])
    grace = server_pod(variant)["spec"]["terminationGracePeriodSeconds"]
    assert sleep.get("seconds", 0) + drain + 5 <= grace
    assert 2 * seconds(given["--max-connection-age"]) < drain


def test_no_sleep_is_asked_for_none(rendered: Rendered) -> None:
    """Kubernetes before 1.34 refuses one of 0 seconds."""
    assert "lifecycle" not in server(rendered("no-sleep"))
