"""Who has which address inside the lab; nothing outside can see them."""

from dataclasses import dataclass

CONTROL = "10.99.0.1"
PREFIX = 24
API_PORT = 6443
# Of custom metrics; the API server calls it by the name of its Service.
ADAPTER = "custom-metrics"
ADAPTER_HOST = f"{ADAPTER}.kube-system.svc"
ADAPTER_PORT = 6444
DOMAIN = "cluster.local"

SERVICES = "10.96.0.0/16"
FIRST_SERVICE = "10.96.0.1"  # the API server's own
PODS = "10.244.0.0/16"


@dataclass(frozen=True)
class NodeAddress:
    name: str
    address: str
    pods: str


NODES = (
    NodeAddress("node1", "10.99.0.11", "10.244.1.0/24"),
    NodeAddress("node2", "10.99.0.12", "10.244.2.0/24"),
)
