"""The cables between the machines: a bridge on the first one."""

import subprocess

from lab.addresses import CONTROL, NODES, PREFIX, NodeAddress
from lab.machine import Machine

_BRIDGE = "lab0"


def lay_bridge(control: Machine) -> None:
    control.run("ip", "link", "add", _BRIDGE, "type", "bridge")
    control.run("ip", "addr", "add", f"{CONTROL}/{PREFIX}", "dev", _BRIDGE)
    control.run("ip", "link", "set", _BRIDGE, "up")
    for node in NODES:
        control.run("ip", "route", "add", node.pods, "via", node.address)


def plug_in(control: Machine, node: Machine, place: NodeAddress) -> None:
    """Made from one network to the other; this computer's own has no part in
    it. Outside the machines' process ids, so that the node's can be named."""
    subprocess.run(
        ["nsenter", "--target", str(control.pid), "--net", "--"]
        + ["ip", "link", "add", place.name, "type", "veth"]
        + ["peer", "name", "eth0", "netns", str(node.pid)],
        check=True,
    )
    control.run("ip", "link", "set", place.name, "master", _BRIDGE, "up")
    node.run("ip", "addr", "add", f"{place.address}/{PREFIX}", "dev", "eth0")
    node.run("ip", "link", "set", "eth0", "up")
    node.run("ip", "route", "add", "default", "via", CONTROL)
    for other in NODES:
        if other != place:
            node.run("ip", "route", "add", other.pods, "via", other.address)
