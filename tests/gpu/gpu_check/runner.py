"""Runs the sections one after the other, each within its time."""

import shutil
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from gpu_check import surroundings
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

# In order of worth, with the seconds that each is sure to get. One that needs
# fewer leaves the rest to those after it.
RUNS: dict[str, tuple[Section, float]] = {
    "correctness": (correctness.run, 55),
    "syncs": (syncs.run, 25),
    "saturation": (saturation.run, 96),
    "graphs": (graphs.run, 26),
    "reload": (reload.run, 50),
    "oom": (oom.run, 16),
    "sticky": (sticky.run, 20),
    "sanitizer": (sanitizer.run, 60),
    "queues": (queues.run, 32),
    "lanes": (lanes.run, 28),
}
assert tuple(RUNS) == SECTIONS
MODELS_SECONDS = 32.0
# Of the whole check, of which a few are lost between the sections: a server
# that does not end is waited for.
LIMIT_SECONDS = 450.0
LOST_SECONDS = 10.0


def deadline(
    now: float, end: float, own: float, later: Sequence[str]
) -> float:
    """Until when somebody with `own` seconds may take, who leaves those of
    the sections after it alone."""
    kept = sum(RUNS[name][1] for name in later)
    return min(end, max(now + own, end - kept))


def run_all(
    check: Check, report: Report, chosen: Sequence[str], end: float, out: Path
) -> None:
    """Writes the report after each section: a check that is cut off has told
    what it found."""
    waiting = [name for name in SECTIONS if name in chosen]
    check.deadline = deadline(time.monotonic(), end, MODELS_SECONDS, waiting)
    if not check.dry:
        surroundings.read_ahead(check.torch_libraries)
    _say("making the models")
    try:
        models = make_models(check)
    except Exception as error:
        check.tell(traceback.format_exc())
        for name in SECTIONS:
            report.close_section(name, Verdict.WRONG, f"no models: {error}")
        report.write(out)
        return
    for name in SECTIONS:
        begin = time.monotonic()
        if name in waiting:
            _say(name)
            waiting.remove(name)
            check.deadline = deadline(begin, end, RUNS[name][1], waiting)
            try:
                _run(name, check, models, report, end)
            except SystemExit:
                _cut_off([name, *waiting], report)
                report.write(out)
                raise
        else:
            report.close_section(name, Verdict.SKIPPED, "not asked for")
        report.seconds[name] = time.monotonic() - begin
        report.write(out)
        shutil.rmtree(check.work / name, ignore_errors=True)


def _run(
    name: str, check: Check, models: dict[str, Model], report: Report,
    end: float,
) -> None:
    section, _ = RUNS[name]
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
        check.tell(traceback.format_exc())
        report.close_section(name, Verdict.WRONG,
                             f"{type(error).__name__}: {error}"[:500])
    else:
        report.close_section(name, Verdict.WRONG, "the section did not say")


def _cut_off(sections: Sequence[str], report: Report) -> None:
    for name in sections:
        report.close_section(name, Verdict.SKIPPED, "the check was cut off")


def _say(what: str) -> None:
    print(f"==> {what}", file=sys.stderr, flush=True)
