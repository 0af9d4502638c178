"""The server's throughput as a share of the raw loop's, and how much of the
time the device executes."""

import json
import time
from typing import Any

from gpu_check import load, machine, names
from gpu_check.context import Check, OutOfTime
from gpu_check.goals import SERVED
from gpu_check.report import Report
from gpu_check.repository import GPU_ONLY, Model, serve
from gpu_check.server import Server

SECTION = "saturation"
# Of those the execution's share of the wall is asked: they are heavy enough
# that the device could be busy all the time.
_HEAVY = ("resnet50", "resnet50_fp16", "bert_base")
_CLIENTS = 4
# Enough for a batch on the device, one being gathered, and two that wait.
_BATCHES_OUTSTANDING = 4


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    shares: dict[str, float] = {}
    raw = _raw_loops(check, [models[name] for name in SERVED if name in models])
    for name in SERVED:
        if name not in models:
            report.skipped(f"saturation.{name}", GPU_ONLY)
            continue
        serve(check.work / SECTION, models[name])
        try:
            row = _served(check, models[name], raw[name])
        except OutOfTime:
            raise
        except Exception as error:  # one model's fault is not the others'
            report.wrong(f"saturation.{name}", f"{error}"[:300])
            continue
        report.table(SECTION, [row])
        report.measured(f"saturation.{name}", row["share of R_io"],
                        f"{row['rows/s']:,.0f} of {row['R_io']:,.0f} rows/s")
        if row["execution/wall"] is not None and name in _HEAVY:
            shares[name] = row["execution/wall"]
    _judge_execution(shares, report)


def _judge_execution(shares: dict[str, float], report: Report) -> None:
    if shares:
        least = min(shares, key=lambda name: shares[name])
        report.measured("saturation.execution", shares[least], least)
    else:
        report.skipped("saturation.execution",
                       f"no model of {', '.join(_HEAVY)} was measured with "
                       f"{names.EXECUTION_SECONDS}")


def _raw_loops(check: Check, models: list[Model]) -> dict[str, Any]:
    words = []
    for model in models:
        batches = [max(1, model.max_batch // part) for part in (8, 4, 2, 1)]
        words.append(f"{model.name}:{','.join(map(str, batches))}")
    told = check.run_python(
        "gpu_models.raw_loop", str(models[0].folder), *words, "--device",
        check.device, "--seconds", str(check.amount(4, 0.4)),
        doing="the raw loop")
    return json.loads(told)


def _served(
    check: Check, model: Model, raw: dict[str, Any]
) -> dict[str, Any]:
    """A line of the table."""
    if "error" in raw:
        raise RuntimeError(f"raw loop: {raw['error']}")
    per_request = model.example_rows if model.name == "mlp" else 1
    payload = model.example if per_request > 1 else model.row
    outstanding = _BATCHES_OUTSTANDING * model.max_batch // per_request
    words = ["--model", model.name, "--inputs", payload, "--connections", "2"]
    seconds = check.amount(5, 0.5)
    with Server(check, check.work / SECTION, [model.name]) as server:
        load.closed(check, server, words, outstanding=outstanding, warm=0,
                    seconds=check.amount(3, 0.3), clients=_CLIENTS)
        before, begin = server.page(), time.monotonic()
        under_way = load.begin_closed(
            check, server, words, outstanding=outstanding // _CLIENTS,
            seconds=seconds, clients=_CLIENTS)
        time.sleep(seconds / 2)
        busy = server.page().sum(names.UTILIZATION)
        done = under_way.end()
        wall, after = time.monotonic() - begin, server.page()
        clock = machine.ask_driver().get("SM clock")
    rate = done.ok_rate * per_request
    share = _difference(before, after, names.EXECUTION_SECONDS, wall)
    rows = _difference(before, after, names.BATCH_ROWS + "_sum", 1)
    batches = _difference(before, after, names.BATCH_ROWS + "_count", 1)
    best = raw["batches"][str(raw["best_batch"])]
    return {
        "model": model.name, "rows/s": rate, "R_io": raw["rate_io"],
        "share of R_io": rate / raw["rate_io"],
        "raw pipelined": raw["pipelined"], "best batch": raw["best_batch"],
        "h2d ms": best["h2d_ms"], "exec ms": best["exec_ms"],
        "d2h ms": best["d2h_ms"], "one row alone ms": raw["one_ms"],
        "mean batch": rows / batches if rows and batches else None,
        "execution/wall": share, "utilization": busy, "p50 ms": done.p50_ms,
        "client CPU s/s": done.client_cpu_s / done.window_s,
        "SM clock": clock, "codes": dict(done.codes),
    }


def _difference(
    before: Any, after: Any, name: str, divisor: float
) -> float | None:
    """None where the server does not tell."""
    end = after.sum(name)
    return None if end is None else (
        (end - (before.sum(name) or 0)) / divisor)
