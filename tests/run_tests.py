#!/usr/bin/env python3
"""Runs the test suites one after the other and adds up what they report.

    run_tests.py [SUITE...]      all suites when none is named

The counts come from the JUnit reports that ctest and pytest write to
build/test-results/. The exit status is 1 when anything failed and when a suite
ran no test at all, else 77 when one says by that status that it cannot run
here. The suites that build containers run only where they are named.
"""

import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
REPORTS = ROOT / "build" / "test-results"

# suite -> folder; check_tests_built.py reads this table.
PYTEST_FOLDERS = {
    "lint": "tests/lint",
    "models": "tests/models",
    "client": "tests/client",
    "loadtest": "tests/loadtest",
    "conformance": "tests/conformance",
    "clients": "tests/clients",
    "deploy": "tests/deploy",
    "gpu": "tests/gpu",
    "image": "tests/image",
    "cluster": "tests/cluster",
}
# suite -> (ctest label, tests at a time); integration tests measure time.
CTEST_LABELS = {
    "unit": ("unit", os.environ.get("JOBS", "2")),
    "integration": ("integration", "1"),
}
COMMANDS = {"wire": ["proto/check_wire.py"]}
ORDER = ["lint", "wire", "unit", "integration", "models", "client",
         "loadtest", "conformance", "clients", "deploy", "gpu"]
# Only where they are named: they build and run containers.
ON_DEMAND = ["image", "cluster"]

# A hung test must not use up the time of the whole run. What is on demand may
# have an image to build first.
SUITE_SECONDS = 1800
ON_DEMAND_SECONDS = 4 * 3600

# The exit status of a suite that cannot run here, and has said why.
CANNOT_RUN = 77
TEST_SECONDS = "300"


@dataclasses.dataclass
class Result:
    suite: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0
    cannot_run: bool = False
    notes: list[str] = dataclasses.field(default_factory=list)


def command_of(suite: str, report: pathlib.Path) -> list[str]:
    if suite in PYTEST_FOLDERS:
        return [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q",
                "-o", "asyncio_default_fixture_loop_scope=function",
                PYTEST_FOLDERS[suite], f"--junitxml={report}"]
    if suite in CTEST_LABELS:
        label, jobs = CTEST_LABELS[suite]
        return ["ctest", "--test-dir", "build", "-L", f"^{label}$", "-j", jobs,
                "--output-on-failure", "--no-tests=error", "--timeout",
                TEST_SECONDS, "--output-junit", str(report)]
    return [sys.executable, *COMMANDS[suite]]


def run(command: list[str], seconds: float) -> int | None:
    """The exit status, or None when the suite's time was up."""
    environment = {"SCONCE_SERVER": str(ROOT / "build/bin/sconce-server"),
                   "SCONCE_LOAD": str(ROOT / "build/bin/sconce-load"),
                   "PYTHONDONTWRITEBYTECODE": "1", **os.environ}
    # A shell's background jobs ignore Ctrl-C, and so would what tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, cwd=ROOT, env=environment,
                               stdin=subprocess.DEVNULL,
                               start_new_session=True)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # Servers that a test left behind belong to the same group.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def skip_reason(case: ElementTree.Element) -> str:
    """GoogleTest writes the reason below "file:line: Skipped"; ctest's own
    message only tells how it noticed."""
    told = re.search(r": Skipped\n(.+)", case.findtext("system-out") or "")
    skip = case.find("skipped")
    message = skip.get("message", "") if skip is not None else "disabled"
    return told[1].strip() if told else message


def count_case(case: ElementTree.Element, result: Result) -> None:
    name, group = case.get("name", ""), case.get("classname", "")
    if group and group != name:
        name = f"{group}.{name}"
    if case.find("failure") is not None or case.find("error") is not None:
        result.failed += 1
        result.notes.append(f"FAILED {result.suite}: {name}")
    elif (case.find("skipped") is not None
          or case.get("status") in ("notrun", "disabled")):
        result.skipped += 1
        result.notes.append(
            f"SKIPPED {result.suite}: {name}: {skip_reason(case)}")
    else:
        result.passed += 1


def count_report(report: pathlib.Path, result: Result) -> None:
    try:
        cases = ElementTree.parse(report).iter("testcase")
    except (OSError, ElementTree.ParseError) as error:
        result.failed += 1
        result.notes.append(f"FAILED {result.suite}: no report: {error}")
        return
    for case in cases:
        count_case(case, result)


def judge(status: int | None, result: Result) -> None:
    """Adds a failure where the counts alone would look better than it was."""
    if status is None:
        why = "stopped when its time was up"
    elif result.passed + result.failed == 0:
        why = f"it ran no test (exit status {status})"
    elif status != 0 and result.failed == 0:
        why = f"exit status {status}"
    else:
        return
    result.failed += 1
    result.notes.append(f"FAILED {result.suite}: {why}")


def run_suite(suite: str) -> Result:
    print(f"\n==> {suite}", flush=True)
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / f"{suite}.xml"
    report.unlink(missing_ok=True)
    result, started = Result(suite), time.monotonic()
    status = run(command_of(suite, report),
                 ON_DEMAND_SECONDS if suite in ON_DEMAND else SUITE_SECONDS)
    result.seconds = time.monotonic() - started
    if status == CANNOT_RUN and not report.exists():
        result.cannot_run, result.skipped = True, 1
        result.notes.append(f"SKIPPED {suite}: all of it; see above why")
        return result
    if suite not in COMMANDS:
        count_report(report, result)
    elif status == 0:
        result.passed += 1
    judge(status, result)
    return result


def print_summary(results: list[Result]) -> None:
    print()
    for result in results:
        for note in result.notes:
            print(note)
    print(f"\n{'suite':<14}{'passed':>8}{'failed':>8}{'skipped':>9}"
          f"{'seconds':>9}")
    for each in results:
        print(f"{each.suite:<14}{each.passed:>8}{each.failed:>8}"
              f"{each.skipped:>9}{each.seconds:>9.1f}")
    passed, failed, skipped = (
        sum(getattr(each, name) for each in results)
        for name in ("passed", "failed", "skipped"))
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}", flush=True)


def main(suites: list[str]) -> int:
    known = ORDER + ON_DEMAND
    unknown = [suite for suite in suites if suite not in known]
    if unknown:
        print(f"no suite {unknown[0]!r}; there are: {' '.join(known)}",
              file=sys.stderr)
        return 2
    results = [run_suite(suite) for suite in suites or ORDER]
    print_summary(results)
    if any(result.failed for result in results):
        return 1
    return CANNOT_RUN if any(each.cannot_run for each in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
