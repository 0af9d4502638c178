"""Reports of sconce-load: one run, or the runs of a sweep or a search."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn, Optional, Tuple

from sconce.cli.faults import WRONG_CALL, Fault
from sconce.cli.loadtest.json_fields import Fields, Malformed
from sconce.cli.loadtest.run import Run, read_run

FORMAT = "sconce-load/1"
KINDS = ("run", "sweep", "find-max")


@dataclass(frozen=True)
class Report:
    """`name` is what to call it beside others. A `run` has one run; `found`
    is the index of the run that a search found; `at_least`: the client, not the
    server, kept it from finding a higher rate."""

    name: str
    kind: str
    interrupted: bool
    runs: Tuple[Run, ...]
    found: Optional[int] = None
    found_rate: Optional[float] = None
    at_least: bool = False
    reason: str = ""


def load_report(path: str) -> Report:
    """Raises Fault when the file cannot be read or is no report of a format
    that is known here."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise Fault(
            f"{path} cannot be read: {error.strerror}", WRONG_CALL
        ) from None
    try:
        value = json.loads(content, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Fault(
            f"{path} is no report of sconce-load, it is no JSON; make one "
            "with: sconce load-test --output FILE",
            WRONG_CALL,
        ) from None
    return report_of(value, path)


def report_of(value: Any, path: str) -> Report:
    """Of a parsed report; `path` is what it is called. Raises Fault."""
    found = value.get("format") if isinstance(value, dict) else None
    if not isinstance(found, str) or not found.startswith("sconce-load/"):
        raise Fault(
            f'{path} is no report of sconce-load, it has no "format"; make '
            "one with: sconce load-test --output FILE",
            WRONG_CALL,
        )
    if found != FORMAT:
        raise Fault(
            f"{path} has the format {found}, expected {FORMAT}; use the "
            "`sconce` that came with the sconce-load that wrote it",
            WRONG_CALL,
        )
    try:
        return _read(Fields(value), path)
    except Malformed as error:
        raise Fault(f"{path} is a damaged report: {error}",
                    WRONG_CALL) from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def _read(fields: Fields, path: str) -> Report:
    kind = fields.text("kind")
    if kind not in KINDS:
        raise Malformed(f"kind is {kind!r}, not one of {', '.join(KINDS)}")
    if kind == "run":
        run = read_run(fields)
        return Report(path, kind, run.interrupted, (run,))
    runs = tuple(map(read_run, fields.each("runs")))
    found = fields.maybe_fields("found") if fields.has("found") else None
    index = found.count("run") if found else None
    if index is not None and index >= len(runs):
        raise Malformed(
            f"found.run is {index}, but there are {len(runs)} runs")
    return Report(
        path, kind, fields.flag("interrupted"), runs, index,
        found.amount("rate") if found else None,
        found.flag("at_least") if found else False,
        fields.text("reason") if fields.has("reason") else "",
    )
