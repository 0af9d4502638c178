"""The server's throughput as a share of the raw loop's, and how much of the
time the device executes."""

import json
import time
from collections.abc import Callable
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
    for name in set(SERVED) - set(models):
        report.skipped(f"saturation.{name}", GPU_ONLY)
    chosen = [name for name in SERVED if name in models]
    raw = _raw_loops(check, [models[name] for name in chosen])
    for name in chosen:
        serve(check.work / SECTION, models[name])

    def measure(server: Server, name: str) -> None:
        row = _served(check, server, models[name], raw[name])
        _tell(row, report)
        if row["execution/wall"] is not None and name in _HEAVY:
            shares[name] = row["execution/wall"]

    _each(check, chosen, measure, report)
    _judge_execution(shares, report)


def _each(
    check: Check, chosen: list[str],
    measure: Callable[[Server, str], None], report: Report,
) -> None:
    """All on one server, as starting one takes long. If it does not start, or
    ends with one of them, the others have servers of their own."""
    groups = [chosen]
    while groups:
        group = groups.pop(0)
        try:
            left = _group(check, group, measure, report)
        except OutOfTime:
            raise
        except Exception as error:  # one model's fault is not the others'
            if len(group) == 1:
                report.wrong(f"saturation.{group[0]}", f"{error}"[:300])
            left = group if len(group) > 1 else []
        groups += [[name] for name in left]


def _group(
    check: Check, group: list[str],
    measure: Callable[[Server, str], None], report: Report,
) -> list[str]:
    """Those that were not measured, as the server has ended."""
    with Server(check, check.work / SECTION, group, "--model-probe", "off",
                may_fail=True) as server:
        for i, name in enumerate(group):
            try:
                if name in server.failed:
                    raise RuntimeError(server.failed[name])
                measure(server, name)
            except OutOfTime:
                raise
            except Exception as error:
                report.wrong(f"saturation.{name}", f"{error}"[:300])
                if server.has_ended():
                    return group[i + 1:]
    return []


def _tell(row: dict[str, Any], report: Report) -> None:
    report.table(SECTION, [row])
    report.measured(f"saturation.{row['model']}", row["share of R_io"],
                    f"{row['rows/s']:,.0f} of {row['R_io']:,.0f} rows/s")


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
        check.device, "--seconds", str(check.amount(2.5, 0.4)),
        doing="the raw loop")
    return json.loads(told)


def _served(
    check: Check, server: Server, model: Model, raw: dict[str, Any]
) -> dict[str, Any]:
    """A line of the table."""
    if "error" in raw:
        raise RuntimeError(f"raw loop: {raw['error']}")
    per_request = model.example_rows if model.name == "mlp" else 1
    payload = model.example if per_request > 1 else model.row
    outstanding = _BATCHES_OUTSTANDING * model.max_batch // per_request
    words = ["--model", model.name, "--inputs", payload, "--connections", "2"]
    seconds = check.amount(4, 0.5)
    load.closed(check, server, words, outstanding=outstanding, warm=0,
                seconds=check.amount(2, 0.3), clients=_CLIENTS)
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
