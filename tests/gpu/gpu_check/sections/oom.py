"""Requests that need more memory than there is, among others that do not."""

from gpu_check import load, names
from gpu_check.context import Check
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.server import Server

SECTION = "oom"
# A float for each of its square: 400 GB, more than any device has.
_LENGTH = 320_000
_FRACTION = "0.3"


def run(check: Check, models: dict[str, Model], report: Report) -> None:
    repository = check.work / SECTION
    entries = []
    for name in ("square", "mlp"):
        serve(repository, models[name])
        entries.append({**models[name].entry(name), "weight": 10})
    entries.append({"name": "too large", "model": "square", "weight": 4,
                    "shapes": {"x": [1, _LENGTH]}})
    words = load.mix_file(check.work / "oom.json", entries)
    limit = [names.MEMORY_FRACTION_FLAG, _FRACTION] if (
        check.has_flag(names.MEMORY_FRACTION_FLAG) and not check.dry) else []
    with Server(check, repository, ["square", "mlp"], "--model-probe",
                "off", *limit) as server:
        done = load.closed(check, server, [*words, "--check-every", "1"],
                           outstanding=8, seconds=check.amount(4, 1), warm=0)
        ready = server.is_ready()
    mix = done.mix()
    report.table(SECTION, [{"requests": name, "codes": each["codes"],
                            "wrong": each["wrong"]}
                           for name, each in mix.items()])
    refused = dict(mix.pop("too large")["codes"])
    if not refused.get("RESOURCE_EXHAUSTED"):
        report.wrong("oom.refused", f"answered {refused}: {done.errors}"[:400])
    else:
        count = refused.pop("RESOURCE_EXHAUSTED")
        report.measured("oom.refused", sum(refused.values()),
                        f"{count} refused; {refused or ''}")
    _judge_others(mix, ready, report)


def _judge_others(mix: dict, ready: bool, report: Report) -> None:
    if not ready:
        return report.wrong("oom.others", "the server is not ready any more")
    bad = sum(each["wrong"] + sum(n for code, n in each["codes"].items()
                                  if code != "OK") for each in mix.values())
    answered = sum(each["codes"].get("OK", 0) for each in mix.values())
    if not answered:
        return report.wrong("oom.others", "none was answered")
    report.measured("oom.others", bad, f"{answered} answered right")
