"""What a lab is made of, or a clear word about what is missing."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]
_TOOLCHAIN = _ROOT / "deploy/toolchain"

# Program -> Debian package; section `cluster` of debian-packages.txt.
_NEEDED = {
    "buildah": "buildah",
    "cc": "build-essential",
    "conntrack": "conntrack",
    "containerd": "containerd",
    "ctr": "containerd",
    "debootstrap": "debootstrap",
    "etcd": "etcd-server",
    "ip": "iproute2",
    "iptables": "iptables",
    "nsenter": "util-linux",
    "podman": "podman",
    "runc": "runc",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
_CNI = ("bridge", "host-local", "loopback")
_CNI_FOLDER = Path("/usr/lib/cni")

# What a machine of the lab and its containers are made of.
_TRIAL = """
ip link add name a type veth peer name b &&
mount -t overlay -o lowerdir=/usr:/etc overlay /mnt
"""


class Unavailable(Exception):
    """This computer cannot run a lab; the text says why."""


@dataclass(frozen=True)
class Programs:
    kubernetes: Path  # the folder of several
    coredns: Path
    adapter: Path
    helm: Path
    prometheus: Path


def find() -> Programs:
    """Builds on first use what Debian does not have: some ten minutes."""
    if os.geteuid() != 0:
        raise Unavailable("it needs root, for namespaces and containers")
    _check_debian()
    _check_kernel()
    return Programs(
        kubernetes=_installed("kubernetes", "kubernetes"),
        coredns=_installed("kubernetes", "coredns") / "coredns",
        adapter=_installed("kubernetes", "prometheus-adapter") / "adapter",
        helm=_installed("kubernetes", "helm") / "helm",
        prometheus=_installed("debian", "prometheus") / "prometheus",
    )


def _check_debian() -> None:
    missing = {package for program, package in _NEEDED.items()
               if shutil.which(program) is None}
    if not all((_CNI_FOLDER / plugin).exists() for plugin in _CNI):
        missing.add("containernetworking-plugins")
    if missing:
        raise Unavailable(
            f"these Debian packages are missing: {' '.join(sorted(missing))};"
            " deploy/toolchain/bootstrap.sh cluster installs them"
        )


def _check_kernel() -> None:
    tried = subprocess.run(
        ["unshare", "--net", "--mount", "--uts", "--pid", "--ipc", "--fork",
         "--mount-proc", "sh", "-c", _TRIAL], capture_output=True, text=True,
    )
    if tried.returncode:
        raise Unavailable("root may not make namespaces, networks and mounts "
                          f"here: {tried.stderr.strip()}")


def _installed(kind: str, tool: str) -> Path:
    script = _TOOLCHAIN / kind / "install.sh"
    done = subprocess.run([script, tool], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Unavailable(f"{tool} could not be had (see above)")
    return Path(done.stdout.splitlines()[-1]) / "bin"
