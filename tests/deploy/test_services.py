"""What leads to the pods: Services, monitors and the certificate."""

import json
from collections.abc import Callable

from helm import NAMESPACE, Manifest
from manifests import flags, of_kind, only, server, server_pod

Rendered = Callable[[str], list[Manifest]]


def ports_of(service: Manifest) -> dict[str, int]:
    return {each["name"]: each["port"] for each in service["spec"]["ports"]}


def test_services_lead_to_ports_that_are_there(
    variant: list[Manifest],
) -> None:
    ports = {each["name"] for each in server(variant)["ports"]}
    for service in of_kind(variant, "Service"):
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in ports


def test_one_service_has_an_address_and_one_has_all_pods(
    rendered: Rendered,
) -> None:
    plain = only(rendered("defaults"), "Service")
    headless = only(rendered("defaults"), "Service", "-headless")
    assert plain["spec"]["type"] == "ClusterIP"
    assert headless["spec"]["clusterIP"] == "None"
    assert ports_of(plain) == {"grpc": 8001}
    assert ports_of(headless) == {"grpc": 8001, "http": 8002}
    protocols = {
        service["spec"]["ports"][0].get("appProtocol")
        for service in (plain, headless)
    }
    assert protocols == {"kubernetes.io/h2c"}


def test_with_tls_no_port_is_called_h2c(rendered: Rendered) -> None:
    for service in of_kind(rendered("tls-clients"), "Service"):
        assert all(
            "appProtocol" not in port for port in service["spec"]["ports"]
        )


def test_the_management_service_is_there_where_it_is_enabled(
    rendered: Rendered,
) -> None:
    service = only(rendered("uploads"), "Service", "-management")
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert ports_of(service) == {"management": 8003}
    names = [
        each["metadata"]["name"]
        for each in of_kind(rendered("defaults"), "Service")
    ]
    assert not any(name.endswith("-management") for name in names)


def test_a_monitor_finds_each_pod_once(rendered: Rendered) -> None:
    manifests = rendered("service-monitor")
    monitor = only(manifests, "ServiceMonitor")
    assert monitor["metadata"]["labels"]["team"] == "a"
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    (endpoint,) = monitor["spec"]["endpoints"]
    found = [
        service["metadata"]["name"]
        for service in of_kind(manifests, "Service")
        if wanted <= service["metadata"]["labels"].items()
        and endpoint["port"] in ports_of(service)
    ]
    assert found == ["r-sconce-headless"]
    (endpoint,) = only(rendered("monitoring"), "PodMonitor")["spec"][
        "podMetricsEndpoints"
    ]
    names = {each["name"] for each in server(manifests)["ports"]}
    assert endpoint["port"] in names


def test_the_certificate_is_for_the_names_that_clients_use(
    rendered: Rendered,
) -> None:
    manifests = rendered("tls-cert-manager")
    certificate = only(manifests, "Certificate")["spec"]
    services = ("r-sconce", "r-sconce-headless", "r-sconce-management")
    domains = ("", f".{NAMESPACE}", f".{NAMESPACE}.svc")
    domains += (f"{domains[2]}.cluster.local",)
    expected = {name + domain for name in services for domain in domains}
    assert set(certificate["dnsNames"]) == expected | {"sconce.example.com"}
    volumes = json.dumps(server_pod(manifests)["spec"]["volumes"])
    assert f'"name": "{certificate["secretName"]}"' in volumes
    assert flags(server(manifests))["--tls"] == "/tls"


def test_the_route_leads_to_the_service_with_an_address(
    rendered: Rendered,
) -> None:
    manifests = rendered("gateway")
    (rule,) = only(manifests, "GRPCRoute")["spec"]["rules"]
    (backend,) = rule["backendRefs"]
    service = only(manifests, "Service")
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"] in ports_of(service).values()
