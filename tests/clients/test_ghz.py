"""ghz, a load generator, and grpc-health-probe, which Kubernetes users run."""

import json
from pathlib import Path

from sconce_support.server_process import ServerProcess
from sconce_support.tools import ROOT, installed, output_of, run
from test_grpcurl import SERVICE, simple_request

REQUESTS = 500
# What the program's own documentation says; 3: the check was not "SERVING".
UNHEALTHY, CONNECTION_FAILED, RPC_FAILED = 4, 2, 3


def test_ghz(server: ServerProcess, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    done = run(
        [installed("go-tools") / "bin/ghz", "--insecure",
         "--import-paths", ROOT / "proto",
         "--proto", ROOT / "proto/inference/grpc_service.proto",
         "--call", f"{SERVICE}/ModelInfer",
         "--data", json.dumps(simple_request()),
         "--total", str(REQUESTS), "--concurrency", "4",
         "--format", "json", "--output", report, server.grpc_address],
    )
    assert done.returncode == 0, output_of(done)
    told = json.loads(report.read_text())
    assert told["statusCodeDistribution"] == {"OK": REQUESTS}
    assert told["errorDistribution"] == {}
    assert told["count"] == REQUESTS


def test_health_probe(server: ServerProcess) -> None:
    assert probe(server.grpc_address) == 0
    assert probe(server.grpc_address, "-service=simple") == 0
    # The program has no exit code of its own for a service it does not know.
    assert probe(server.grpc_address, "-service=nobody") == RPC_FAILED


def test_health_probe_of_another_port(server: ServerProcess) -> None:
    flags = ("-connect-timeout=2s", "-rpc-timeout=2s")
    assert probe(server.http_address, *flags) == CONNECTION_FAILED


def probe(address: str, *flags: str) -> int:
    program = installed("go-tools") / "bin/grpc-health-probe"
    return run([program, f"-addr={address}", *flags]).returncode
