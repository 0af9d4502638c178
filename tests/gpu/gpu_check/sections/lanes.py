"""Throughput by lanes (streams) of the device; for tuning, without a goal."""

from gpu_check import load, names
from gpu_check.context import Check
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "lanes"
_COUNTS = (1, 2, 4)


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    repository = check.work / SECTION
    chosen = ("resnet50" if check.dry else "resnet50_fp16", "launch_bound")
    for name in chosen:
        serve(repository, models[name])
    for lanes in _COUNTS[:2] if check.quick else _COUNTS:
        with Server(check, repository, chosen, "--model-probe", "off",
                    names.LANES_FLAG, str(lanes)) as server:
            for name in chosen:
                model = models[name]
                done = load.closed(
                    check, server, ["--model", name, "--inputs", model.row],
                    outstanding=4 * model.max_batch, clients=4,
                    seconds=check.amount(1.5, 0.3), warm=check.amount(0.5, 0.1))
                report.table(SECTION, [
                    {"model": name, "lanes": lanes, "rows/s": done.ok_rate,
                     "p50 ms": done.p50_ms, "codes": dict(done.codes)}])
