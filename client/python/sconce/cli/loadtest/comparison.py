"""`--compare`: what changed from one run to another, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from sconce.cli.faults import Fault
from sconce.cli.loadtest.figures import share
from sconce.cli.loadtest.report import Report
from sconce.cli.loadtest.resampling import (
    LEAST_BLOCKS,
    Ratio,
    compare_percentiles,
    compare_rates,
)
from sconce.cli.loadtest.run import Part, Run

FORMAT = "sconce-load-comparison/1"
UNCLEAR = "no clear difference"
_SAME_SIZE = 0.01  # of the bytes of a message
_SAME_SHARE = 0.01  # of the requests


@dataclass(frozen=True)
class Figure:
    """One figure of both runs. `found` is None when one side lacks it, and
    `note` then says why."""

    name: str
    unit: str
    more_is_better: bool
    found: Optional[Ratio]
    note: str = ""

    @property
    def verdict(self) -> str:
        """`better`, `worse`, UNCLEAR, or the note where nobody can tell."""
        if self.found is None or self.found.low is None:
            return self.note
        assert self.found.high is not None
        if self.found.low <= 1 <= self.found.high:
            return UNCLEAR
        more = self.found.ratio > 1
        return "better" if more == self.more_is_better else "worse"


@dataclass(frozen=True)
class Comparison:
    a: str
    b: str
    figures: Tuple[Figure, ...]
    notes: Tuple[str, ...]


def compare(a: Report, b: Report, force: bool) -> Comparison:
    """Raises Fault when the reports cannot be compared, or should not be and
    `force` is not set."""
    for report in (a, b):
        if report.kind != "run":
            raise Fault(f"{report.name} is a {report.kind}; --compare takes "
                        "two single runs (draw sweeps together with --from)")
    first, second = a.runs[0], b.runs[0]
    against = _against(a, b)
    if against and not force:
        raise Fault(f"{against[0]}; compare them all the same with --force")
    return Comparison(
        a.name, b.name, _figures(first, second),
        tuple(against + _notes(first, second)),
    )


def _against(a: Report, b: Report) -> List[str]:
    """Why a comparison would mislead."""
    found = []
    for report in (a, b):
        if report.runs[0].void:
            found.append(f"{report.name} is void: {report.runs[0].void[0]}")
    first, second = a.runs[0].setup, b.runs[0].setup
    pairs = (
        ("the mode", first.mode, second.mode),
        ("the mix", _mix(first.mix), _mix(second.mix)),
        ("the SLO", _slo(a.runs[0]), _slo(b.runs[0])),
        ("the timeout", f"{first.timeout_s:g} s", f"{second.timeout_s:g} s"),
        *_sizes(first.mix, second.mix),
    )
    for what, left, right in pairs:
        if left != right:
            found.append(f"{what} differs: {left} in {a.name}, {right} in "
                         f"{b.name}")
    return found


def _sizes(
    a: Sequence[Part], b: Sequence[Part]
) -> List[Tuple[str, str, str]]:
    """Of each part of a mix, by name: the messages of either, where their
    sizes are not the same."""
    found, others = [], sorted(b, key=_name_of)
    for left, right in zip(sorted(a, key=_name_of), others):
        most = max(left.bytes, right.bytes)
        if left.name == right.name and (
                abs(left.bytes - right.bytes) > _SAME_SIZE * most):
            found.append((f"the messages of {left.name}",
                          f"{left.bytes:.10g} bytes ({left.payload})",
                          f"{right.bytes:.10g} bytes ({right.payload})"))
    return found


def _notes(a: Run, b: Run) -> List[str]:
    found = []
    blocks = min(len(a.blocks), len(b.blocks))
    if blocks < LEAST_BLOCKS:
        found.append(
            f"too few blocks for confidence: {blocks}, at least "
            f"{LEAST_BLOCKS} are needed; make the runs longer"
        )
    if a.setup.arrivals != b.setup.arrivals:
        found.append(f"the load differs: {a.setup.arrivals} and "
                     f"{b.setup.arrivals}")
    ok = [each.requests["ok"] / (each.requests["offered"] or 1)
          for each in (a, b)]
    if abs(ok[0] - ok[1]) > _SAME_SHARE:
        found.append(f"latencies are of OK answers only: a has "
                     f"{share(ok[0], 1)}, b {share(ok[1], 1)}")
    if a.interrupted or b.interrupted:
        found.append("a run was interrupted")
    return found


def _figures(a: Run, b: Run) -> Tuple[Figure, ...]:
    found = [
        _rate_figure("OK that came", a, b, "ok"),
        _rate_figure("good that came", a, b, "good"),
    ]
    for percentile in (50.0, 90.0, 99.0):
        ratio = compare_percentiles(a.blocks, b.blocks, percentile)
        found.append(_figure(f"latency p{percentile:g} of OK", "ms", False,
                             ratio, "too few answers"))
    for name, cost in (("server CPU per request", server_cpu_ms),
                       ("client CPU per request", client_cpu_ms)):
        found.append(_figure(name, "ms", False, _once(cost, a, b),
                             "not measured"))
    return tuple(found)


def _rate_figure(name: str, a: Run, b: Run, which: str) -> Figure:
    if a.setup.mode == "open" and a.setup.arrivals != b.setup.arrivals:
        # More was answered because more was asked.
        return Figure(name, "/s", True, None, "the load differs")
    return _figure(name, "/s", True, _of_answers_that_came(a, b, which))


def _of_answers_that_came(a: Run, b: Run, which: str) -> Optional[Ratio]:
    """Of `rates`. Blocks count what was due in them, whenever it was answered,
    so they tell only how wide the interval is."""
    left, right = a.rates[which], b.rates[which]
    if not left or not right:
        return None
    ratio = right / left
    spread = compare_rates(a.blocks, b.blocks, which)
    if spread is None or spread.low is None or spread.high is None:
        return Ratio(left, right, ratio, None, None)
    factor = ratio / spread.ratio
    return Ratio(left, right, ratio, spread.low * factor,
                 spread.high * factor)


def _figure(
    name: str, unit: str, more_is_better: bool, found: Optional[Ratio],
    lacking: str = "nothing was answered",
) -> Figure:
    note = "no interval" if found else lacking
    return Figure(name, unit, more_is_better, found, note)


def _once(
    cost: Callable[[Run], Optional[float]], a: Run, b: Run
) -> Optional[Ratio]:
    """Of what is measured once in a run, so that its spread is unknown."""
    left, right = cost(a), cost(b)
    if not left or right is None:
        return None
    return Ratio(left, right, right / left, None, None)


def server_cpu_ms(run: Run) -> Optional[float]:
    """CPU time of the server for each request that it counted, in ms."""
    found = run.counters
    if found is None or found.cpu_s is None or not found.requests:
        return None
    return found.cpu_s / found.requests * 1000


def client_cpu_ms(run: Run) -> Optional[float]:
    """CPU time of the client for each request that it sent, in ms."""
    if run.client_cpu_s is None or not run.requests["sent"]:
        return None
    return run.client_cpu_s / run.requests["sent"] * 1000


def _mix(mix: Sequence[Part]) -> str:
    return ", ".join(f"{each.name} × {each.weight:g}"
                     for each in sorted(mix, key=_name_of))


def _name_of(part: Part) -> Tuple[str, float, float]:
    return part.name, part.weight, part.bytes


def _slo(run: Run) -> str:
    setup = run.setup
    if setup.slo_ms is None:
        return "none"
    return f"{setup.slo_ms:g} ms at {setup.slo_percentile:g} %"


def as_json(comparison: Comparison) -> Dict[str, Any]:
    return {
        "format": FORMAT,
        "a": comparison.a,
        "b": comparison.b,
        "confidence": 0.95,
        "notes": list(comparison.notes),
        "figures": [_figure_as_json(each) for each in comparison.figures],
    }


def _figure_as_json(figure: Figure) -> Dict[str, Any]:
    found = figure.found
    return {
        "name": figure.name,
        "unit": figure.unit,
        "a": found.a if found else None,
        "b": found.b if found else None,
        "ratio": found.ratio if found else None,
        "low": found.low if found else None,
        "high": found.high if found else None,
        "verdict": figure.verdict,
    }
