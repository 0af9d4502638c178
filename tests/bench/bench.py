#!/usr/bin/env python3
"""Measures the server against what it cannot beat: `make bench`.

Three programs run the same work: our server, a bare gRPC echo and a bare
LibTorch loop. What counts is the CPU time per item, which survives a busy
machine better than the wall clock does, and the ratio of two programs measured
in turns. overload.py, tail.py and trickle.py send requests whatever the answers
do; idle.py sends none. first_requests.py, recognition.py and many_models.py
measure what happens once, at the beginning, lookup.py the registry alone.
Prints a table for each scenario; the figures go to --out, a page about them to
report.html beside it.

Exit status 1 when a request failed or an answer was wrong. A goal that was
missed is reported and changes nothing, for another load on the same machine
can cause it.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests/support/python")]

import agreement  # noqa: E402
import first_requests  # noqa: E402
import history  # noqa: E402
import idle  # noqa: E402
import lookup  # noqa: E402
import many_models  # noqa: E402
import overload  # noqa: E402
import page  # noqa: E402
import recognition  # noqa: E402
import report  # noqa: E402
import scenarios  # noqa: E402
import tail  # noqa: E402
import trickle  # noqa: E402
import values  # noqa: E402
from contenders import EchoProcess, RunFailed  # noqa: E402
from sconce_support.server_process import ServerProcess  # noqa: E402
from serving import server_flags, serving  # noqa: E402


# Each starts what it needs by itself.
_PARTS = (
    overload,
    tail,
    trickle,
    agreement,
    idle,
    first_requests,
    recognition,
    lookup,
    many_models,
)


def main(arguments: Sequence[str] | None = None) -> int:
    options = options_of(arguments)
    print(_conditions(options), flush=True)
    try:
        rows = _measure(options)
    except RunFailed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    report.write(rows, options.out)
    print(f"\nfigures: {options.out}")
    run = history.Run.of(options.arguments, rows)
    page_file = options.out.with_name("report.html")
    page.write(run, history.past(), page_file)
    print(f"report: {page_file}")
    if options.record:
        print(f"recorded: {run.record()}")
    return 0


def _measure(options: argparse.Namespace) -> list[report.Row]:
    rows = report.machine_rows()
    if any(options.only in name for name in scenarios.NAMES):
        rows += _measure_scenarios(options)
    for part in _PARTS:
        if options.only in part.NAME:
            rows += part.measure(options)
    return rows


def _measure_scenarios(options: argparse.Namespace) -> list[report.Row]:
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        workloads = scenarios.Workloads(folder)
        calls = values.workloads(folder)
        asked = scenarios.requests(workloads, calls, options.only)
        needed = [work for several in asked.values() for work in several]
        server = stack.enter_context(serving(options, options.lanes, *needed))
        print(_optimizations(server), flush=True)
        rivals = scenarios.Rivals(
            server=server,
            echo=stack.enter_context(EchoProcess(options.bin)),
            gathering_echo=stack.enter_context(
                EchoProcess(options.bin, "--gather")
            ),
        )
        for scenario in scenarios.all_of(
            asked, workloads, calls, rivals, options
        ):
            windows = scenario.run(options.rounds)
            print(report.table(scenario, windows), flush=True)
            rows += report.rows(scenario, windows)
    return rows


def _optimizations(server: ServerProcess) -> str:
    """What the server decided at load; the raw loop's `auto` always takes
    optimize_for_inference, so a ratio may owe something to this."""
    return "\n".join(
        f"{event['model']}: {event['applied']} ({event['reason']})"
        for event in server.log.events()
        if event["message"] == "model optimized"
    )


def _conditions(options: argparse.Namespace) -> str:
    return (
        f"commit {history.commit()}, {report.processor_name()}, "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}\n"
        f"server {' '.join(server_flags(options, options.lanes))}\n"
        f"{options.rounds} rounds of {options.seconds:g} s each, in turns; "
        "median (min..max); the load client runs on the same machine"
    )


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench.py",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--rounds", type=int, default=5, help="rounds (default 5)")
    add("--seconds", type=float, default=3.0,
        help="measured time of a round (default 3); three times it for resnet")
    add("--quick", action="store_true", help="2 rounds of 1 second")
    add("--only", default="", metavar="TEXT",
        help="only scenarios with TEXT in their name")
    add("--lanes", type=int, default=len(os.sched_getaffinity(0)),
        help="lanes of the server, threads of the raw loop (default: cores)")
    add("--optimize", choices=["auto", "freeze", "off"], default="auto",
        help="for the server and the raw loop alike")
    add("--server-flag", action="append", default=[], metavar="FLAG",
        help="one more flag for the server: --server-flag=--name=value")
    add("--bin", type=Path, default=_ROOT / "build/bin",
        help="folder of the programs")
    add("--record", action="store_true",
        help="keep the figures in tests/bench/results/")
    add("--out", type=Path, default=_ROOT / "build/bench/latest.json")
    options = parser.parse_args(arguments)
    options.arguments = sys.argv[1:] if arguments is None else arguments
    if options.quick:
        options.rounds, options.seconds = 2, 1.0
    return options


if __name__ == "__main__":
    sys.exit(main())
