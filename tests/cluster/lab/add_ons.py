"""What a cluster has besides Kubernetes: names, metrics, custom metrics."""

import base64
import sys
from pathlib import Path

import yaml

from lab.addresses import ADAPTER, ADAPTER_PORT, CONTROL, DOMAIN
from lab.api import Api, Object
from lab.layout import Layout
from lab.machine import Machine
from lab.programs import Programs

_ROOT = Path(__file__).resolve().parents[3]
_ADAPTER_VALUES = _ROOT / "deploy/prometheus/adapter-values.yaml"
_PROMETHEUS_PORT = 9090
_MONITORS_PORT = 9099
_GROUP = "custom.metrics.k8s.io"


class AddOns:
    def __init__(self, control: Machine, programs: Programs) -> None:
        self._machine = control
        self._layout = control.layout
        self._programs = programs

    def start(self, api: Api) -> None:
        self._start_names()
        self._start_monitors()
        self._start_prometheus()
        self._start_adapter()
        _register_adapter(api, self._layout)

    def _start_adapter(self) -> None:
        """With the rules that people give its chart."""
        values = yaml.safe_load(_ADAPTER_VALUES.read_text())
        rules = values["rules"]["custom"]
        config = self._write("adapter.yaml", {"rules": rules})
        pki, user = self._layout.pki, self._layout.kubeconfig()
        self._machine.begin("adapter", [
            self._programs.adapter,
            f"--config={config}",
            f"--secure-port={ADAPTER_PORT}",
            f"--tls-cert-file={pki}/adapter.crt",
            f"--tls-private-key-file={pki}/adapter.key",
            f"--lister-kubeconfig={user}",
            f"--authentication-kubeconfig={user}",
            f"--authorization-kubeconfig={user}",
            f"--prometheus-url=http://127.0.0.1:{_PROMETHEUS_PORT}",
            "--metrics-relist-interval=3s",
            # Rules record every 15 s; by default it looks back for 3 s.
            "--metrics-max-age=1m",
        ])

    def _start_names(self) -> None:
        corefile = self._layout.root / "Corefile"
        config = self._layout.kubeconfig()
        corefile.write_text(
            f".:53 {{\n  bind {CONTROL}\n  errors\n"
            f"  kubernetes {DOMAIN} in-addr.arpa {{\n"
            f"    kubeconfig {config}\n    ttl 2\n  }}\n  cache 2\n}}\n"
        )
        self._machine.begin(
            "coredns", [self._programs.coredns, "-conf", corefile]
        )

    def _start_monitors(self) -> None:
        self._machine.begin(
            "monitors",
            [sys.executable, "-m", "lab.monitors", self._layout.api_socket,
             self._layout.root / "rules", str(_MONITORS_PORT),
             str(_PROMETHEUS_PORT)],
            {"PYTHONPATH": ":".join(map(str, sys.path)),
             "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def _start_prometheus(self) -> None:
        targets = f"http://127.0.0.1:{_MONITORS_PORT}/targets"
        discovery = [{"url": targets, "refresh_interval": "2s"}]
        config = self._write("prometheus.yaml", {
            "global": {"scrape_interval": "2s", "evaluation_interval": "2s"},
            "rule_files": [str(self._layout.root / "rules/*.yaml")],
            "scrape_configs": [
                {"job_name": "monitors", "http_sd_configs": discovery}
            ],
        })
        self._machine.begin("prometheus", [
            self._programs.prometheus,
            f"--config.file={config}",
            f"--storage.tsdb.path={self._machine.folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{_PROMETHEUS_PORT}",
            "--web.enable-lifecycle",
        ])

    def _write(self, name: str, content: object) -> Path:
        path = self._layout.root / name
        path.write_text(yaml.safe_dump(content))
        return path


def _register_adapter(api: Api, layout: Layout) -> None:
    """Has the API server pass questions about custom metrics on."""
    authority = base64.b64encode((layout.pki / "ca.crt").read_bytes())
    place = "namespaces/kube-system"
    api.create(f"/api/v1/{place}/services", _service())
    api.create(f"/apis/discovery.k8s.io/v1/{place}/endpointslices", _slice())
    api.create("/apis/apiregistration.k8s.io/v1/apiservices",
               _api_service(authority.decode()))


def _service() -> Object:
    return {
        "metadata": {"name": ADAPTER},
        "spec": {"ports": [{"port": 443, "targetPort": ADAPTER_PORT}]},
    }


def _slice() -> Object:
    return {
        "metadata": {
            "name": ADAPTER,
            "labels": {"kubernetes.io/service-name": ADAPTER},
        },
        "addressType": "IPv4",
        "ports": [{"name": "", "port": ADAPTER_PORT, "protocol": "TCP"}],
        "endpoints": [
            {"addresses": [CONTROL], "conditions": {"ready": True}}
        ],
    }


def _api_service(authority: str) -> Object:
    service = {"name": ADAPTER, "namespace": "kube-system", "port": 443}
    return {
        "metadata": {"name": f"v1beta1.{_GROUP}"},
        "spec": {
            "group": _GROUP,
            "version": "v1beta1",
            "service": service,
            "caBundle": authority,
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
        },
    }
