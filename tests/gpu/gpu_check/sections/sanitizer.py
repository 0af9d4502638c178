"""Whether memory lives as long as the device needs it: answers of all sizes
beside clients that break off, without and under compute-sanitizer."""

import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_check import load, mixed_sizes, names, sanitizer
from gpu_check.context import Check, OutOfTime
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "sanitizer"
_MODELS = ("mlp", "launch_bound", "identity")
# More than a batch of each model, from several clients, so that both lanes
# always have one on the device and one that is copied.
_CLIENTS, _OUTSTANDING = 3, 96
_RUDE_CLIENTS, _RUDE_OUTSTANDING = 2, 32
_RUDE_SECONDS, _RUDE_TIMEOUT = 0.4, 0.05


@dataclass(frozen=True)
class _Pass:
    """`graphs`: of launch_bound and mlp. Recording and allocation without a
    cache exclude each other (LibTorch lets cudaMalloc fail then)."""

    name: str
    graphs: str
    environment: Mapping[str, str]


_PASSES = (
    # Each allocation is a cudaMalloc and each free a cudaFree, so that memcheck
    # sees the use of freed memory; LibTorch's cache would hide it.
    _Pass("eager", "off", {"PYTORCH_NO_CUDA_MEMORY_CACHING": "1"}),
    _Pass("graphs", "on", {}),
)


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    _stress(check, models, report)
    program = check.sanitizer
    if program is None and check.dry:
        return _skip(report, "no GPU to watch")
    program = program or sanitizer.find()
    if program is None:
        return _skip(report, f"no {sanitizer.PROGRAM}: {sanitizer.WHERE}")
    for each in _PASSES:
        _watch(check, models, report, each, program)


def _skip(report: Report, why: str) -> None:
    """The goals ask for it where there is one."""
    for each in _PASSES:
        for key in _keys(each):
            report.skipped(key, why, excused=True)


def _keys(each: _Pass) -> tuple[str, str]:
    return f"{SECTION}.{each.name}", f"{SECTION}.{each.name}_answers"


def _stress(check: Check, models: dict[str, Model], report: Report) -> None:
    requests = _serve(check, models, "stress", "on")
    seconds, turns, in_flight = check.amount(5, 1.5), 0, 0.0
    with Server(check, check.work / "stress", list(_MODELS), "--model-probe",
                "off") as server:
        end = time.monotonic() + seconds
        steady = _begin(check, server, requests, seconds)
        while time.monotonic() < end:
            entry = requests[turns % len(requests)]
            in_flight += _break_off(check, server, entry)
            turns += 1
        done, page = steady.end(), server.page()
    codes = {code: count
             for code in ("OK", "CANCELLED", "DEADLINE_EXCEEDED")
             if (count := page.sum("sconce_requests_total", code=code))}
    report.table(SECTION, [{"what": "stress", **_told(done),
                            "clients that broke off": turns * _RUDE_CLIENTS,
                            "requests in flight then": in_flight,
                            "all requests": codes}])
    _judge_answers("sanitizer.stress", done, report)


def _break_off(check: Check, server: Server, entry: dict[str, Any]) -> float:
    """Clients whose requests time out, and which go in the midst of others;
    how many requests were under way then."""
    rude = load.Running(
        check, server,
        ["--model", entry["model"], "--inputs", entry["npz"],
         "--closed-loop", str(_RUDE_OUTSTANDING)],
        _RUDE_SECONDS, _RUDE_CLIENTS, timeout=_RUDE_TIMEOUT)
    try:
        time.sleep(_RUDE_SECONDS)
        return server.page().sum("sconce_in_flight_requests") or 0
    finally:
        rude.break_off()


def _watch(
    check: Check, models: dict[str, Model], report: Report, each: _Pass,
    program: Path,
) -> None:
    log = check.work / f"{each.name}.log"
    requests = _serve(check, models, each.name, each.graphs)
    wrapper = sanitizer.command(program, log, not check.dry)
    try:
        with Server(check, check.work / each.name, list(_MODELS),
                    "--model-probe", "off", environment=each.environment,
                    wrapper=wrapper) as server:
            done = _begin(check, server, requests,
                          check.amount(4, 1)).end()
    except OutOfTime:
        raise
    except Exception as error:  # one pass's fault is not the other's
        check.tell(traceback.format_exc())
        return _judge_failure(each, error, sanitizer.read(log), program, report)
    found = sanitizer.read(log)
    report.table(SECTION, [{"what": each.name, **_told(done),
                            "errors": found.errors, "memcheck": found.text}])
    errors, answers = _keys(each)
    _judge_answers(answers, done, report)
    if found.errors is None:
        report.wrong(errors, f"{program} gave no summary: "
                             f"{found.text}")
    else:
        report.measured(errors, found.errors,
                        found.text if found.errors else "")


def _judge_failure(
    each: _Pass, error: Exception, found: sanitizer.Finding, program: Path,
    report: Report,
) -> None:
    for key in _keys(each):
        if found.unable:
            report.skipped(key, f"{program} cannot work here: {found.text}",
                           excused=True)
        else:
            report.wrong(key, f"{error}; {program}: {found.text}"[:600])


def _serve(
    check: Check, models: dict[str, Model], name: str, graphs: str
) -> list[dict[str, Any]]:
    """The requests to send."""
    known = check.has_setting(names.CUDA_GRAPHS)
    for each in _MODELS:
        recorded = known and each != "identity" and not check.dry
        serve(check.work / name, models[each],
              parameters={names.CUDA_GRAPHS: graphs} if recorded else {})
    return mixed_sizes.entries(
        check.work / f"{name}-requests",
        {each: models[each] for each in _MODELS}, check.quick)


def _begin(
    check: Check, server: Server, requests: list[dict[str, Any]],
    seconds: float,
) -> load.Running:
    words = load.mix_file(check.work / "sanitizer.json", requests)
    return load.begin_closed(
        check, server, [*words, "--check-every", "1"],
        outstanding=int(check.amount(_OUTSTANDING, 24)) // _CLIENTS,
        seconds=seconds, clients=_CLIENTS)


def _told(done: load.Load) -> dict[str, Any]:
    return {"answers": done.codes["OK"], "checked": done.checked,
            "wrong": done.wrong, "p50 ms": done.p50_ms}


def _judge_answers(key: str, done: load.Load, report: Report) -> None:
    if not done.checked:
        return report.wrong(key, f"no answer was checked: {done.errors}")
    bad = {code: n for code, n in done.codes.items() if code != "OK"}
    report.measured(key, done.wrong + sum(bad.values()),
                    f"of {sum(done.codes.values())}; "
                    f"{bad or ''} {done.errors or ''}".strip("; "))
