"""Answers of every model, against eager PyTorch on the CPU."""

from pathlib import Path
from typing import Any

from gpu_check import load, names
from gpu_check.context import Check, OutOfTime
from gpu_check.report import Report
from gpu_check.repository import GPU_ONLY, Model, serve
from gpu_check.server import Server

SECTION = "correctness"
# Wider than the default: the examples were computed by other kernels.
_ZOO_TOLERANCE = 2e-3
# These refuse or sleep, and an archive by others brings no examples.
_WITHOUT_ANSWERS = ("refusing", "refusing_batched", "slow", "silero_vad")
_PRECISIONS = {"tf32": 5e-3, "fp16": 2e-2, "bf16": 5e-2,
               "autocast_fp16": 2e-2, "autocast_bf16": 5e-2}
_OUTSTANDING = 8
# A process that runs a model in half precision on a CPU takes half a minute,
# and tells nothing of the device. The zoo is proven.
_UNPROVEN = ("--model-probe", "off")


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    parts = {"correctness.own": _own, "correctness.zoo": _zoo,
             "correctness.precision": _precision}
    for key, part in parts.items():
        try:
            part(check, models, report)
        except OutOfTime:
            raise
        except Exception as error:  # one part's fault is not the others'
            report.wrong(key, f"{type(error).__name__}: {error}"[:300])


def _own(check: Check, models: dict[str, Model], report: Report) -> None:
    repository = check.work / SECTION
    for model in models.values():
        serve(repository, model)
    entries = [model.entry(name) for name, model in models.items()]
    faults = _ask(check, repository, entries, report, "own", *_UNPROVEN)
    skipped = f"without half precision: {GPU_ONLY}" if check.dry else ""
    report.measured("correctness.own", len(faults),
                    "; ".join([*faults, skipped]).strip("; "))


def _zoo(check: Check, models: dict[str, Model], report: Report) -> None:
    zoo = check.bundle / "zoo"
    found = sorted(entry.name.split(".")[0] for entry in zoo.glob("[!.]*"))
    entries = [{"name": name, "model": name, "golden": True,
                "tolerance": _ZOO_TOLERANCE}
               for name in found if name not in _WITHOUT_ANSWERS]
    faults = _ask(check, zoo, entries, report, "zoo")
    report.measured("correctness.zoo", len(faults), "; ".join(faults))


def _precision(
    check: Check, models: dict[str, Model], report: Report
) -> None:
    key = "correctness.precision"
    if not check.has_setting(names.PRECISION):
        return report.skipped(key, f"the server has no {names.PRECISION}")
    if check.dry:
        return report.skipped(key, GPU_ONLY)
    repository, entries = check.work / "precision", []
    for model in (models["resnet50"], models["bert_base"]):
        for setting, tolerance in _PRECISIONS.items():
            name = serve(repository, model,
                         name=f"{model.name}_set_{setting}",
                         parameters={names.PRECISION: setting})
            entries.append(model.entry(name, tolerance))
    faults = _ask(check, repository, entries, report, "precision",
                  *_UNPROVEN)
    report.measured(key, len(faults), "; ".join(faults))


def _ask(
    check: Check, repository: Path, entries: list[dict[str, Any]],
    report: Report, what: str, *flags: str,
) -> list[str]:
    """All models at the same time; one line for each that is wrong."""
    served = [entry["model"] for entry in entries]
    with Server(check, repository, served, *flags, may_fail=True) as server:
        faults = [f"{name} is not served: {why}"[:200]
                  for name, why in server.failed.items()]
        entries = [entry for entry in entries
                   if entry["model"] not in server.failed]
        if not entries:
            return faults
        found = load.closed(
            check, server,
            [*load.mix_file(check.work / f"{what}.json", entries),
             "--check-every", "1"],
            outstanding=_OUTSTANDING, seconds=check.amount(3, 1.5), warm=0)
    mix = found.mix()
    report.table(SECTION, [
        {"models": what, "model": entry["name"],
         "answers": mix[entry["name"]]["codes"].get("OK", 0),
         "checked": mix[entry["name"]]["checked"],
         "wrong": mix[entry["name"]]["wrong"],
         "tolerance": entry["tolerance"]} for entry in entries])
    return [*faults, *filter(None, map(_fault, mix.values()))]


def _fault(entry: dict[str, Any]) -> str:
    bad = {code: n for code, n in entry["codes"].items() if code != "OK"}
    if entry["wrong"] or bad:
        return f"{entry['name']}: {entry['wrong']} wrong, {bad}"
    return "" if entry["checked"] else f"{entry['name']}: nothing checked"
