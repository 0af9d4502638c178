"""A client makes a kernel fail for good: the server says so and ends."""

import json
import subprocess
import time

from gpu_check import load, names
from gpu_check.context import Check
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "sticky"
_KEYS = ("sticky.health", "sticky.answers", "sticky.exit")
_OUTSIDE = [[10**9, 1, 2]]


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    repository = check.work / SECTION
    served = [serve(repository, models[name])
              for name in ("lookup", "resnet50")]
    with Server(check, repository, served, "--model-probe", "off"
                ) as server:
        if check.dry:
            _refuse_on_cpu(check, server, report)
        else:
            _fail(check, server, models["resnet50"], report)


def _refuse_on_cpu(check: Check, server: Server, report: Report) -> None:
    """The same request; a CPU notices in time, and goes on."""
    told = _send_bad(check, server).end_anyhow()
    report.table(SECTION, [{"told": told[:200],
                            "still ready": server.is_ready()}])
    for key in _KEYS:
        report.skipped(key, "no assertion in a kernel fails without a GPU")


def _fail(
    check: Check, server: Server, model: Model, report: Report
) -> None:
    others = load.begin_closed(
        check, server, ["--model", model.name, "--inputs", model.row],
        outstanding=16, seconds=4)
    server.wait_until("requests", lambda: bool(
        server.page().sum("sconce_requests_total", model=model.name)))
    begin, bad = time.monotonic(), _send_bad(check, server)
    while server.is_ready() and server.process.poll() is None:
        check.left("waiting for a server that is not ready")
        time.sleep(0.02)
    report.measured("sticky.health", time.monotonic() - begin)
    try:
        code = server.process.wait(min(30, check.left("the server's end")))
    except subprocess.TimeoutExpired:
        report.wrong("sticky.exit", "the process still runs: a zombie")
    else:
        report.measured("sticky.exit", code)
    _judge_answers(others.end(), report)
    bad.break_off()


def _judge_answers(others: load.Load, report: Report) -> None:
    """Whoever came after the end had no connection: UNAVAILABLE."""
    told = others.errors.get("INTERNAL", "")
    fine = ("OK", "INTERNAL", "UNAVAILABLE")
    odd = {code: n for code, n in others.codes.items() if code not in fine}
    report.table(SECTION, [{"codes": dict(others.codes),
                            "INTERNAL says": told}])
    if names.DEVICE_NAME not in told:
        report.wrong("sticky.answers", f"{dict(others.codes)}, INTERNAL says "
                     f"{told!r}: no {names.DEVICE_NAME}")
    else:
        report.measured("sticky.answers", sum(odd.values()), str(odd or ""))


def _send_bad(check: Check, server: Server) -> load.Running:
    """sconce-load tries every request once before its run."""
    return load.begin_closed(
        check, server,
        ["--model", "lookup", "--input", f"index={json.dumps(_OUTSIDE)}"],
        outstanding=1, seconds=0.2)
