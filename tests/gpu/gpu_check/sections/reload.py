"""Loads a model again and again: the device's memory comes back, and no first
request is slow."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gpu_check import first_requests, load, names
from gpu_check.context import Check
from gpu_check.first_requests import FirstRequests
from gpu_check.metrics_page import MetricsPage
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "reload"
_MODEL = "resnet50"
# Fifty loads; together, because a new folder has to be left alone for a second
# before it is loaded.
_COPIES, _ROUNDS = 10, 5
# Of the copies, whose first requests are looked at after the last round.
_LOOKED_AT = 3


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    repository, away = check.work / SECTION, check.work / "away"
    away.mkdir()
    # A request is a batch.
    model = replace(models[_MODEL], max_batch=models[_MODEL].example_rows)
    copies = [serve(repository, model, name=f"{_MODEL}_{i}")
              for i in range(int(check.amount(_COPIES, 2)))]
    rounds, failed = int(check.amount(_ROUNDS, 2)), 0
    # The repository is watched: a folder that comes or goes is seen soon.
    with Server(check, repository, [], "--model-control-mode", "poll",
                "--repository-poll-period", "1s", "--model-probe", "off"
                ) as server:
        start = first_requests.measure(check, server, copies[0], model)
        # Libraries take their workspaces with the first request.
        wrong = _ask(check, server, model, copies)
        before, rows = server.page(), []
        for i in range(rounds):
            failed += _reload(server, repository, away, copies)
            # What grows once is not what grows each time.
            rows.append({"round": i + 1, "allocated bytes": server.page().sum(
                names.ALLOCATED_BYTES)})
        reloads = [first_requests.measure(check, server, name, model)
                   for name in copies[:_LOOKED_AT]]
        wrong += _ask(check, server, model, copies)
        after = server.page()
    report.table(SECTION, [
        {"metric": name, "before": before.sum(name), "after": after.sum(name)}
        for name in (names.ALLOCATED_BYTES, names.RESERVED_BYTES,
                     "process_resident_memory_bytes")])
    report.table(SECTION, rows)
    report.measured("reload.cycles", failed,
                    f"of {rounds * len(copies)} in {rounds} rounds")
    report.measured("reload.answers", wrong)
    _judge_memory(check, report, before, after)
    _judge_first(start, reloads, report)


def _judge_first(
    start: FirstRequests, reloads: Sequence[FirstRequests], report: Report
) -> None:
    report.table(SECTION, [
        {"first requests after": what, "alone ms": each.alone_ms,
         "worst ms": each.first_ms, "later, median ms": each.later_ms,
         "worst over median": each.ratio}
        for what, each in (("the start", start),
                           *(("a reload", each) for each in reloads))])
    report.measured("reload.first", first_requests.judged(start, reloads))


def _judge_memory(
    check: Check, report: Report, before: MetricsPage, after: MetricsPage
) -> None:
    start, end = (page.sum(names.ALLOCATED_BYTES) for page in (before, after))
    if check.dry:
        report.skipped("reload.memory", "no device whose memory to look at")
    elif not start or end is None:
        report.skipped("reload.memory",
                       f"the server has no {names.ALLOCATED_BYTES}")
    else:
        report.measured("reload.memory", 100 * abs(end - start) / start,
                        f"{start:,.0f} bytes, then {end:,.0f}")


def _reload(
    server: Server, repository: Path, away: Path, copies: list[str]
) -> int:
    """How many are not served again."""
    for name in copies:
        (repository / name).rename(away / name)
    server.wait_until("unloading", lambda: not any(
        _state(server, name, "READY") for name in copies))
    for name in copies:
        (away / name).rename(repository / name)
    server.wait_until("loading", lambda: all(
        _state(server, name, "READY") or _state(server, name, "UNAVAILABLE")
        for name in copies))
    return sum(not _state(server, name, "READY") for name in copies)


def _ask(
    check: Check, server: Server, model: Model, copies: list[str]
) -> int:
    """How many answers are not right."""
    words = load.mix_file(check.work / "reload.json",
                          [model.entry(name) for name in copies])
    done = load.closed(check, server, [*words, "--check-every", "1"],
                       outstanding=2, seconds=check.amount(2, 0.3), warm=0)
    return done.wrong + sum(n for c, n in done.codes.items() if c != "OK")


def _state(server: Server, name: str, state: str) -> bool:
    return bool(server.page().sum(names.MODEL_STATE, model=name, state=state))
