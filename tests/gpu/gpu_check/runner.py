"""Runs the sections one after the other, each within its time."""

import shutil
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from gpu_check.context import SHORTEST, Check, OutOfTime
from gpu_check.goals import SECTIONS, Verdict
from gpu_check.report import Report
from gpu_check.repository import Model, make_models
from gpu_check.sections import (
    correctness,
    graphs,
    lanes,
    oom,
    queues,
    reload,
    sanitizer,
    saturation,
    sticky,
    syncs,
)

Section = Callable[[Check, dict[str, Model], Report], None]

# In order of worth; seconds at most.
RUNS: dict[str, tuple[Section, float]] = {
    "correctness": (correctness.run, 90),
    "syncs": (syncs.run, 40),
    "saturation": (saturation.run, 170),
    "graphs": (graphs.run, 35),
    "reload": (reload.run, 70),
    "oom": (oom.run, 30),
    "sticky": (sticky.run, 45),
    "sanitizer": (sanitizer.run, 60),
    "queues": (queues.run, 70),
    "lanes": (lanes.run, 60),
}
assert tuple(RUNS) == SECTIONS
_MODELS_SECONDS = 90


def run_all(
    check: Check, report: Report, chosen: Sequence[str], end: float, out: Path
) -> None:
    """Writes the report after each section: a check that is cut off has told
    what it found."""
    check.deadline = min(end, time.monotonic() + _MODELS_SECONDS)
    _say("making the models")
    try:
        models = make_models(check)
    except Exception as error:
        for name in SECTIONS:
            report.close_section(name, Verdict.WRONG, f"no models: {error}")
        report.write(out)
        return
    for name in SECTIONS:
        begin = time.monotonic()
        if name in chosen:
            _say(name)
            _run(name, check, models, report, end)
        else:
            report.close_section(name, Verdict.SKIPPED, "not asked for")
        report.seconds[name] = time.monotonic() - begin
        report.write(out)
        shutil.rmtree(check.work / name, ignore_errors=True)


def _run(
    name: str, check: Check, models: dict[str, Model], report: Report,
    end: float,
) -> None:
    section, seconds = RUNS[name]
    check.deadline = min(end, time.monotonic() + seconds)
    if end - time.monotonic() < SHORTEST:
        report.close_section(name, Verdict.SKIPPED, "the check's time was up")
        return
    try:
        section(check, models, report)
    except OutOfTime as doing:
        report.close_section(name, Verdict.SKIPPED,
                             f"the section's time was up: {doing}")
    except Exception as error:  # the other sections still have their say
        traceback.print_exc()
        report.close_section(name, Verdict.WRONG,
                             f"{type(error).__name__}: {error}"[:500])
    else:
        report.close_section(name, Verdict.WRONG, "the section did not say")


def _say(what: str) -> None:
    print(f"==> {what}", file=sys.stderr, flush=True)
