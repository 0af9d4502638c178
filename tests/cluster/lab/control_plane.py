"""etcd and the programs of Kubernetes that are no node's."""

import http.client
import socket
from pathlib import Path

from lab import pki
from lab.addresses import (
    ADAPTER_HOST,
    API_PORT,
    CONTROL,
    DOMAIN,
    FIRST_SERVICE,
    NODES,
    PODS,
    SERVICES,
)
from lab.layout import Layout
from lab.machine import Machine
from sconce_support.waiting import eventually

_ETCD = "http://127.0.0.1:2379"
_START_SECONDS = 120.0
_ISSUER = f"https://kubernetes.default.svc.{DOMAIN}"


def issue_certificates(layout: Layout) -> None:
    authority = pki.Authority(layout.pki)
    service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    hosts = ["127.0.0.1", "localhost", CONTROL, FIRST_SERVICE, *service]
    authority.issue("apiserver", "kube-apiserver", hosts=hosts)
    authority.issue("admin", "admin", "system:masters")
    authority.issue("controllers", "system:kube-controller-manager")
    authority.issue("scheduler", "system:kube-scheduler")
    authority.issue("proxy", "system:kube-proxy")
    authority.issue("front-proxy", "front-proxy")
    authority.issue("adapter", "adapter", hosts=[ADAPTER_HOST])
    for node in NODES:
        user = f"system:node:{node.name}"
        hosts = [node.address, node.name]
        authority.issue(node.name, user, "system:nodes", hosts)
    pki.write_token_keys(layout.pki)
    for user in ("admin", "controllers", "scheduler", "proxy"):
        pki.write_kubeconfig(layout, user)
    for node in NODES:
        pki.write_kubeconfig(layout, node.name)


class ControlPlane:
    def __init__(self, machine: Machine, programs: Path) -> None:
        self._machine = machine
        self._layout = machine.layout
        self._programs = programs

    def start(self) -> None:
        """Returns when the API answers."""
        self._start_etcd()
        self._start_api_server()
        self._open_socket()
        self._wait_ready()
        self._start_controllers()
        self._start_scheduler()

    def _start_etcd(self) -> None:
        self._machine.begin("etcd", [
            "etcd",
            f"--data-dir={self._machine.folder / 'etcd'}",
            f"--listen-client-urls={_ETCD}",
            f"--advertise-client-urls={_ETCD}",
            "--listen-peer-urls=http://127.0.0.1:2380",
            "--unsafe-no-fsync",
        ])

    def _start_api_server(self) -> None:
        file = self._layout.pki
        self._machine.begin("apiserver", [
            self._programs / "kube-apiserver",
            f"--etcd-servers={_ETCD}",
            f"--secure-port={API_PORT}",
            f"--advertise-address={CONTROL}",
            f"--service-cluster-ip-range={SERVICES}",
            f"--client-ca-file={file}/ca.crt",
            f"--tls-cert-file={file}/apiserver.crt",
            f"--tls-private-key-file={file}/apiserver.key",
            f"--service-account-key-file={file}/tokens.pub",
            f"--service-account-signing-key-file={file}/tokens.key",
            f"--service-account-issuer={_ISSUER}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--anonymous-auth=false",
            f"--kubelet-client-certificate={file}/admin.crt",
            f"--kubelet-client-key={file}/admin.key",
            f"--kubelet-certificate-authority={file}/ca.crt",
            "--kubelet-preferred-address-types=InternalIP",
            *self._aggregation_flags(),
        ])

    def _aggregation_flags(self) -> list[str]:
        """For the custom metrics, which are an API of another program."""
        file = self._layout.pki
        return [
            f"--requestheader-client-ca-file={file}/ca.crt",
            "--requestheader-allowed-names=front-proxy",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-username-headers=X-Remote-User",
            f"--proxy-client-cert-file={file}/front-proxy.crt",
            f"--proxy-client-key-file={file}/front-proxy.key",
            "--enable-aggregator-routing=true",
        ]

    def _open_socket(self) -> None:
        """The API for us, who are on none of the machines."""
        socket_path = self._layout.api_socket
        socket_path.unlink(missing_ok=True)
        self._machine.begin("api-socket", [
            self._programs / "kubectl",
            f"--kubeconfig={self._layout.kubeconfig()}",
            "proxy",
            f"--unix-socket={socket_path}",
            "--reject-paths=^$",
        ])

    def _wait_ready(self) -> None:
        try:
            eventually(lambda: _is_ready(self._layout.api_socket),
                       "the API server", _START_SECONDS)
        except TimeoutError as error:
            for name in ("etcd", "apiserver", "api-socket"):
                error.add_note(self._machine.log_of(f"control-{name}"))
            raise

    def _start_controllers(self) -> None:
        file = self._layout.pki
        self._machine.begin("controllers", [
            self._programs / "kube-controller-manager",
            *self._identity("controllers"),
            "--use-service-account-credentials=true",
            f"--service-account-private-key-file={file}/tokens.key",
            f"--root-ca-file={file}/ca.crt",
            f"--cluster-cidr={PODS}",
            # Sooner than in a cluster that has other things to do.
            "--horizontal-pod-autoscaler-sync-period=2s",
            "--node-monitor-grace-period=20s",
            "--pvclaimbinder-sync-period=500ms",
        ])

    def _start_scheduler(self) -> None:
        self._machine.begin("scheduler", [
            self._programs / "kube-scheduler", *self._identity("scheduler"),
        ])

    def _identity(self, user: str) -> list[str]:
        config = self._layout.kubeconfig(user)
        return [
            f"--kubeconfig={config}",
            f"--authentication-kubeconfig={config}",
            f"--authorization-kubeconfig={config}",
            "--bind-address=127.0.0.1",
            "--leader-elect=false",
        ]


def _is_ready(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            api = http.client.HTTPConnection("localhost")
            api.sock = connection
            api.request("GET", "/readyz")
            return api.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
