"""Requests a second of a model that does nothing, by completion queues."""

from pathlib import Path

from gpu_check import load
from gpu_check.context import Check
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "queues"
# As many as may wait (--max-queue-size).
_OUTSTANDING = 1024
_CONNECTIONS = 4
_CLIENTS = 4
_COUNTS = (1, 2, 4, 8)


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    repository, model = check.work / SECTION, models["identity"]
    serve(repository, model)
    rates: dict[int, float] = {}
    for queues in _COUNTS[:2] if check.quick else _COUNTS:
        rates[queues] = _measure(check, repository, model, queues, "cpu",
                                 report)
    best = max(rates, key=lambda each: rates[each])
    report.measured("queues.identity", rates[best],
                    f"{best} queues, on the CPU; the clients share the "
                    "machine")
    _measure(check, repository, model, best, check.served_on, report)


def _measure(
    check: Check, repository: Path, model: Model, queues: int, device: str,
    report: Report,
) -> float:
    """Requests a second; 0 when it failed, and the table says how."""
    try:
        with Server(check, repository, [model.name], "--model-probe", "off",
                    "--grpc-queues", str(queues), device=device) as server:
            done = _load(check, server, model.name, model)
    except RuntimeError as error:
        report.table(SECTION, [{"queues": queues, "device": device,
                                "failed": str(error)[:300]}])
        return 0.0
    report.table(SECTION, [{
        "queues": queues, "device": device, "RPC/s": done.ok_rate,
        "p50 ms": done.p50_ms, "codes": dict(done.codes),
        "client CPU s/s": done.client_cpu_s / done.window_s}])
    return done.ok_rate


def _load(check: Check, server: Server, name: str, model: Model) -> load.Load:
    return load.closed(
        check, server,
        ["--model", name, "--inputs", model.row, "--connections",
         str(_CONNECTIONS)],
        outstanding=int(check.amount(_OUTSTANDING, 64)), clients=_CLIENTS,
        seconds=check.amount(2, 0.3), warm=check.amount(0.5, 0.1))
