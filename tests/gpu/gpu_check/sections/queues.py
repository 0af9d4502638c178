"""Requests a second of a model that does nothing, by completion queues."""

from pathlib import Path
from typing import Any

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


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    repository, model = check.work / SECTION, models["identity"]
    served = {"on the device": serve(repository, model),
              "on the CPU": serve(repository, model,
                                  name="identity_cpu", on_cpu=True)}
    rates: dict[str, float] = {}
    for where, name in served.items():
        for queues in (1, 2) if check.quick else (1, 2, 4, 8):
            try:
                row = _measure(check, repository, name, model, queues)
            except RuntimeError as error:
                report.table(SECTION, [{"queues": queues, "model": where,
                                        "failed": str(error)[:300]}])
                break
            rates[f"{queues} queues, {where}"] = row["RPC/s"]
            report.table(SECTION, [{"queues": queues, "model": where, **row}])
    best = max(rates, key=lambda each: rates[each])
    report.measured("queues.identity", rates[best],
                    f"{best}; the clients share the machine")


def _measure(
    check: Check, repository: Path, name: str, model: Model, queues: int
) -> dict[str, Any]:
    with Server(check, repository, [name],
                "--grpc-queues", str(queues)) as server:
        done = _load(check, server, name, model)
    return {"RPC/s": done.ok_rate, "p50 ms": done.p50_ms,
            "codes": dict(done.codes),
            "client CPU s/s": done.client_cpu_s / done.window_s}


def _load(check: Check, server: Server, name: str, model: Model) -> load.Load:
    return load.closed(
        check, server,
        ["--model", name, "--inputs", model.row, "--connections",
         str(_CONNECTIONS)],
        outstanding=int(check.amount(_OUTSTANDING, 64)), clients=_CLIENTS,
        seconds=check.amount(3, 0.3), warm=check.amount(1, 0.1))
