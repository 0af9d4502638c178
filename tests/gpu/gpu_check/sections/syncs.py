"""Calls on executor threads that wait for the device, once all is warm."""

from pathlib import Path

from gpu_check import load, names, syncs
from gpu_check.context import Check
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "syncs"
_KEY = "syncs.lanes"


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    repository, table = check.work / SECTION, check.work / "sync_counter"
    model = models["resnet50" if check.dry else "resnet50_fp16"]
    served = [serve(repository, each) for each in (model, models["mlp"])]
    preload = {"LD_PRELOAD": f"{check.bundle}/lib/libsync_counter.so",
               "SYNC_COUNTER_FILE": str(table)}
    with Server(check, repository, served, "--model-probe", "off",
                environment=preload) as server:
        own = Path(f"{table}.{server.process.pid}")
        _load(check, server, models, served, 4)
        before = syncs.read(own)
        requests = _load(check, server, models, served, 5)
        after = syncs.read(own)
    report.table(SECTION, [
        {"threads": group, "call": call, "at start": before[group, call],
         "in steady state": count - before[group, call]}
        for (group, call), count in sorted(after.items())])
    if check.dry:
        report.skipped(_KEY, "no CUDA calls without a GPU; the counter was "
                             "loaded and wrote its table")
    elif not after:
        report.wrong(_KEY, "the counter saw no CUDA call at all, so it does "
                           "not sit between LibTorch and libcudart")
    elif not syncs.copies(before, after, names.LANE_THREADS):
        report.wrong(_KEY, "no thread named as lanes are "
                           f"({', '.join(names.LANE_THREADS)}) copied "
                           "anything: the calls of others were counted")
    else:
        found = syncs.waiting(before, after, names.LANE_THREADS)
        report.measured(_KEY, sum(found.values()),
                        f"{requests} requests; " + ", ".join(
                            f"{n} {call}" for (_, call), n in found.items()))


def _load(
    check: Check, server: Server, models: dict[str, Model],
    served: list[str], seconds: float,
) -> int:
    """The number of answers."""
    entries = [{"name": name, "model": name, "npz": str(models[name].row)}
               for name in served]
    words = load.mix_file(check.work / "syncs.json", entries)
    done = load.closed(check, server, words, warm=0,
                       outstanding=int(check.amount(256, 16)),
                       seconds=check.amount(seconds, 0.5))
    return done.codes["OK"]
