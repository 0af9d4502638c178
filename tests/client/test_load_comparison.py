"""`sconce load-test --compare`: ratios of two runs, and how sure they are."""

from typing import Any

import numpy as np
import pytest
from sconce.cli.faults import Fault
from sconce.cli.loadtest.comparison import (
    UNCLEAR,
    Comparison,
    Figure,
    as_json,
    compare,
)
from sconce.cli.loadtest.report import Report, report_of
from sconce.cli.loadtest.resampling import compare_percentiles, compare_rates
from sconce.cli.loadtest.run import Block

from tests.client.load_reports import Load, buckets, run_report, sweep_report

_PAIRS = 60
EVEN = {"rate": 1000, "seconds": 20, "slow_from": 2.0, "rejected": 0.0,
        "failed": 0.0}


def report(name: str = "a", **load: Any) -> Report:
    return report_of(run_report(Load(**{**EVEN, **load})), name)


def figures(found: Comparison) -> dict[str, Figure]:
    return {each.name: each for each in found.figures}


def test_a_faster_run() -> None:
    found = figures(compare(
        report(median_ms=10), report("b", median_ms=8, seed=2), False))
    for name in ("latency p50 of OK", "latency p90 of OK",
                 "latency p99 of OK"):
        each = found[name]
        assert each.verdict == "better", name
        assert each.found is not None and each.found.low is not None
        assert each.found.high is not None
        assert each.found.low < 0.8 < each.found.high < 0.9
        assert each.found.ratio == pytest.approx(0.8, rel=0.05)
    assert found["OK that came"].verdict == UNCLEAR
    assert found["server CPU per request"].found is not None
    assert found["server CPU per request"].verdict == "no interval"


def test_a_slower_run_with_less_goodput() -> None:
    found = figures(compare(
        report(median_ms=20, slo_ms=40),
        report("b", median_ms=30, slo_ms=40, seed=2, rejected=0.1), False))
    assert found["latency p50 of OK"].verdict == "worse"
    assert found["good that came"].verdict == "worse"
    assert found["OK that came"].verdict == "worse"


def test_two_runs_of_the_same() -> None:
    found = compare(report(), report("b", seed=2), False)
    verdicts = {each.verdict for each in found.figures if each.found
                and each.found.low is not None}
    assert verdicts == {UNCLEAR}
    assert found.notes == ()


def test_it_says_the_same_each_time() -> None:
    a, b = report(), report("b", median_ms=8.1, seed=2)
    assert as_json(compare(a, b, False)) == as_json(compare(a, b, False))


def test_backwards_is_the_inverse() -> None:
    a, b = report(), report("b", median_ms=9, seed=2)
    there = figures(compare(a, b, False))["latency p90 of OK"].found
    back = figures(compare(b, a, False))["latency p90 of OK"].found
    assert there and back
    assert there.ratio == pytest.approx(1 / back.ratio)


def blocks(
    random: np.random.Generator, number: int, noise: float
) -> list[Block]:
    """Neighbours within a block have its luck in common: what makes single
    requests a bad measure of confidence."""
    found = []
    for index in range(number):
        size = random.poisson(400)
        median = 10 * np.exp(noise * random.standard_normal())
        values = median * np.exp(0.3 * random.standard_normal(size))
        pairs = tuple((bound, int(count)) for bound, count in buckets(values))
        found.append(Block(index, 1.0, size, size, pairs))
    return found


@pytest.mark.parametrize("number", [5, 10, 30])
def test_the_confidence_is_what_it_says(number: int) -> None:
    """Of pairs without a difference about 95 in 100 intervals hold 1."""
    random, held = np.random.default_rng(20261122), [0, 0]
    for _ in range(_PAIRS):
        a, b = (blocks(random, number, 0.1) for _ in range(2))
        for index, ratio in enumerate((
            compare_percentiles(a, b, 50.0), compare_rates(a, b, "ok")
        )):
            assert ratio and ratio.low is not None and ratio.high is not None
            held[index] += ratio.low <= 1 <= ratio.high
    assert min(held) >= 0.87 * _PAIRS, held
    # And are not so wide that they always do.
    assert sum(held) < 2 * _PAIRS


def test_percentiles_are_those_of_the_values() -> None:
    random = np.random.default_rng(1)
    values = 10 * np.exp(0.5 * random.standard_normal(50_000))
    parts = np.array_split(values, 10)
    made = [Block(index, 1.0, len(part), len(part), tuple(
        (bound, int(count)) for bound, count in buckets(part)))
        for index, part in enumerate(parts)]
    for percentile in (50.0, 90.0, 99.0):
        ratio = compare_percentiles(made, made, percentile)
        assert ratio and ratio.ratio == 1
        exact = np.quantile(values, percentile / 100)
        assert ratio.a == pytest.approx(exact, rel=0.005)


def test_a_percentile_needs_answers_above_it() -> None:
    found = figures(compare(
        report(rate=100), report("b", rate=100, seed=2), False))
    assert found["latency p90 of OK"].found is not None
    assert found["latency p99 of OK"].found is None
    assert found["latency p99 of OK"].verdict == "too few answers"


def test_few_blocks_give_no_confidence() -> None:
    found = compare(report(seconds=4), report("b", seconds=4, seed=2), False)
    assert any("too few blocks" in note and "4" in note
               for note in found.notes)
    for each in found.figures:
        assert each.found is None or each.found.low is None
        assert each.verdict in ("no interval", "too few answers")


def test_nothing_to_divide_by() -> None:
    found = figures(compare(
        report(slo_ms=0.001), report("b", slo_ms=0.001), False))
    assert found["good that came"].found is None
    assert found["good that came"].verdict == "nothing was answered"


AGAINST = {
    "void": ({"void": ("the client was late",)}, "b is void: the client was"),
    "mode": ({"mode": "closed"}, "the mode differs: open in a, closed in b"),
    "mix": ({"names": ("net",)}, "the mix differs: classifier × 1, encoder"),
    "timeout": ({"timeout_s": 2}, "the timeout differs: 60 s in a, 2 s in b"),
    "bytes": ({"bytes": 211}, "the messages of classifier differs: 208 bytes"),
    "slo": ({"slo_ms": 10.0}, "the SLO differs: 50 ms at 99 % in a"),
}


@pytest.mark.parametrize("what", AGAINST)
def test_runs_that_should_not_be_compared(what: str) -> None:
    load, reason = AGAINST[what]
    a, b = report(), report("b", **load)
    with pytest.raises(Fault) as told:
        compare(a, b, force=False)
    assert told.value.exit_code == 1
    assert reason in told.value.message and "--force" in told.value.message
    forced = compare(a, b, force=True)
    assert any(reason in note for note in forced.notes)


def test_another_load_is_told() -> None:
    found = compare(report(), report("b", rate=900), False)
    assert found.notes == ("the load differs: poisson 1000/s and poisson "
                           "900/s",)


def test_messages_of_the_same_size_more_or_less() -> None:
    assert compare(report(), report("b", bytes=209), False).notes == ()


def test_answers_that_are_missing_are_told() -> None:
    found = compare(report(), report("b", rejected=0.48), False)
    (note,) = found.notes
    assert "latencies are of OK answers only: a has 100 %, b 51.7 %" in note
    assert compare(report(), report("b", rejected=0.005), False).notes == ()


def test_rates_are_of_answers_that_came() -> None:
    """Blocks count what was due in them, and all that was answered once."""
    late = run_report(Load(**EVEN))
    late["rates"].update(ok=500.0, good=250.0)
    found = figures(compare(report(), report_of(late, "b"), False))
    for name, ratio in (("OK that came", 0.5), ("good that came", 0.25)):
        each = found[name].found
        assert each and each.low and each.high
        assert each.ratio == pytest.approx(ratio, rel=0.01)
        assert each.low < each.ratio < each.high
        assert found[name].verdict == "worse"


def test_sweeps_cannot_be_compared_even_by_force() -> None:
    sweep = report_of(sweep_report(100), "s")
    with pytest.raises(Fault, match="s is a sweep"):
        compare(sweep, report(), force=True)
