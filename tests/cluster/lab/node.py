"""A node: containerd, kubelet and kube-proxy on a machine of their own."""

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path

from lab import cgroups
from lab.addresses import CONTROL, DOMAIN, PODS, NodeAddress
from lab.machine import Machine
from sconce_support.waiting import eventually

_SOCKET = "/run/containerd/containerd.sock"  # in the machine's own /run
_PLUGINS = "/usr/lib/cni"
_START_SECONDS = 60.0
_IMPORT_SECONDS = 600.0
PAUSE_IMAGE = "localhost/sconce-lab-pause:1"


class Node:
    def __init__(
        self, machine: Machine, place: NodeAddress, programs: Path
    ) -> None:
        self.machine = machine
        self.place = place
        self._programs = programs
        self._layout = machine.layout
        self._folder = machine.folder

    def start(self) -> None:
        """Returns when images can be imported; the node registers itself."""
        cgroups.create(self._cgroup)
        self._start_containerd()
        self._start_kubelet()
        self._start_proxy()

    def import_images(self, archives: Iterable[Path]) -> None:
        for archive in archives:
            self.machine.run(
                "ctr", "--namespace", "k8s.io", "images", "import", archive,
                seconds=_IMPORT_SECONDS,
            )

    @property
    def _cgroup(self) -> str:
        return f"{self._layout.cgroup}/{self.place.name}"

    def _start_containerd(self) -> None:
        networks = self._folder / "networks"
        networks.mkdir(exist_ok=True)
        network = json.dumps(self._network(), indent=1)
        (networks / "lab.conflist").write_text(network)
        config = self._folder / "containerd.toml"
        config.write_text(
            _CONTAINERD.format(folder=self._folder, pause=PAUSE_IMAGE,
                               plugins=_PLUGINS, networks=networks)
        )
        self.machine.begin("containerd", ["containerd", "--config", config])
        try:
            eventually(self._containerd_answers, "containerd", _START_SECONDS)
        except TimeoutError as error:
            error.add_note(self.machine.log_of(f"{self.place.name}-containerd"))
            raise

    def _containerd_answers(self) -> bool:
        command = self.machine.command(["ctr", "version"])
        return subprocess.run(command, capture_output=True).returncode == 0

    def _network(self) -> dict[str, object]:
        addresses = {
            "type": "host-local",
            "dataDir": "/run/cni-addresses",
            "ranges": [[{"subnet": self.place.pods}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        bridge = {
            "type": "bridge",
            "bridge": "cni0",
            "isGateway": True,
            "hairpinMode": True,
            "ipam": addresses,
        }
        return {"cniVersion": "0.4.0", "name": "lab", "plugins": [bridge]}

    def _start_kubelet(self) -> None:
        config = self._folder / "kubelet.yaml"
        config.write_text(json.dumps(self._kubelet_config(), indent=1))
        self.machine.begin("kubelet", [
            self._programs / "kubelet",
            f"--config={config}",
            f"--kubeconfig={self._layout.kubeconfig(self.place.name)}",
            f"--root-dir={self._folder / 'kubelet'}",
            f"--hostname-override={self.place.name}",
            f"--node-ip={self.place.address}",
        ])

    def _kubelet_config(self) -> dict[str, object]:
        certificate = self._layout.pki / self.place.name
        authority = {"clientCAFile": str(self._layout.pki / "ca.crt")}
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": self.place.address,
            "authentication": {
                "anonymous": {"enabled": False}, "x509": authority,
            },
            "authorization": {"mode": "AlwaysAllow"},
            "tlsCertFile": f"{certificate}.crt",
            "tlsPrivateKeyFile": f"{certificate}.key",
            "containerRuntimeEndpoint": f"unix://{_SOCKET}",
            "clusterDNS": [CONTROL],
            "clusterDomain": DOMAIN,
            "resolvConf": str(self._layout.resolv_conf),
            "podLogsDir": str(self._folder / "pods"),
            "volumePluginDir": str(self._folder / "volume-plugins"),
            # Wherever the lab runs: under a group that is removed with it, and
            # on machines that are themselves containers, with little disk.
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self._cgroup}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "evictionHard": {
                "memory.available": "100Mi",
                "nodefs.available": "1%",
                "imagefs.available": "1%",
            },
            "imageGCHighThresholdPercent": 100,
            # Tests wait for what changes.
            "nodeStatusUpdateFrequency": "5s",
            "syncFrequency": "10s",
            "serializeImagePulls": False,
        }

    def _start_proxy(self) -> None:
        self.machine.begin("proxy", [
            self._programs / "kube-proxy",
            f"--kubeconfig={self._layout.kubeconfig('proxy')}",
            f"--hostname-override={self.place.name}",
            "--proxy-mode=iptables",
            f"--cluster-cidr={PODS}",
            "--oom-score-adj=0",
            # Limits of the computer that a lab must not change.
            "--conntrack-max-per-core=0",
            "--conntrack-tcp-timeout-established=0",
            "--conntrack-tcp-timeout-close-wait=0",
        ])


_CONTAINERD = """\
version = 2
root = "{folder}/containerd"
state = "/run/containerd/state"
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  # What a computer that is a container itself may not do.
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{networks}"
"""
