"""Who reaches which port."""

from collections.abc import Callable

from helm import Manifest
from manifests import of_kind, only, selects

Rendered = Callable[[str], list[Manifest]]


def admitted(manifests: list[Manifest], port: str) -> list[Manifest] | None:
    """Who reaches that port beside helm's test; None is everyone."""
    rules = only(manifests, "NetworkPolicy")["spec"]["ingress"]
    peers: list[Manifest] = []
    for rule in rules:
        if any(each["port"] == port for each in rule.get("ports", [])):
            if "from" not in rule:
                return None
            peers += rule["from"]
    return peers


def test_the_management_port_stays_closed(rendered: Rendered) -> None:
    assert admitted(rendered("defaults"), "grpc") is None
    assert admitted(rendered("defaults"), "http") is None
    assert admitted(rendered("defaults"), "management") == []
    assert admitted(rendered("uploads"), "management") == [
        {
            "podSelector": {
                "matchLabels": {"app.kubernetes.io/name": "model-deployer"}
            }
        }
    ]
    assert admitted(rendered("management"), "grpc") != []


def test_peers_are_asked_for_where_they_are_named(rendered: Rendered) -> None:
    (peer,) = admitted(rendered("monitoring"), "http") or []
    assert "monitoring" in str(peer)


def test_a_server_calls_nobody_but_a_puller_does(rendered: Rendered) -> None:
    """A model is code, and has no business in the network."""

    def policy(name: str) -> Manifest:
        return only(rendered(name), "NetworkPolicy")["spec"]

    assert "Egress" in policy("defaults")["policyTypes"]
    assert "egress" not in policy("defaults")
    assert "Egress" not in policy("puller-oci")["policyTypes"]
    assert policy("puller-s3")["egress"][0]["ports"][2] == {"port": 443}


def test_the_test_pod_reaches_the_server(variant: list[Manifest]) -> None:
    (pod,) = of_kind(variant, "Pod")
    for policy in of_kind(variant, "NetworkPolicy"):
        peers = [
            peer
            for rule in policy["spec"]["ingress"]
            if "ports" not in rule
            for peer in rule["from"]
        ]
        assert any(
            selects(peer["podSelector"]["matchLabels"], pod) for peer in peers
        )
