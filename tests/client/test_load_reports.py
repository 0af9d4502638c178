"""Reports of sconce-load as they are read: nothing that is wrong in one gets
past, and what is said of it names the place."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sconce.cli.faults import Fault
from sconce.cli.loadtest.comparison import compare
from sconce.cli.loadtest.page.document import page_of
from sconce.cli.loadtest.report import load_report, report_of

from tests.client.load_reports import (
    Load,
    run_report,
    search_report,
    sweep_report,
)


def test_a_run() -> None:
    load = Load(rate=600, names=("net", "other"))
    value = run_report(load)
    report = report_of(value, "r.json")
    (run,) = report.runs
    assert (report.name, report.kind) == ("r.json", "run")
    assert [(part.name, part.weight) for part in run.setup.mix] == [
        ("net", 1), ("other", 1)]
    assert run.setup.mix[0].bytes == 208 and run.setup.mix[0].payloads == 2
    assert run.setup.rate == 600 and run.setup.timeout_s == 60
    assert run.requests["lost"] == (
        run.requests["sent"] - run.requests["answered"])
    assert run.requests["offered"] == 12_000 and run.slo_met is False
    assert run.latency.percentiles[50.0] == value["latency"]["p50_ms"]
    assert run.latency.percentiles[99.9] is None
    assert sum(each.due for each in run.bins) == 12_000
    assert sum(count for each in run.blocks for _, count in each.buckets) == (
        run.latency.count)
    assert [entry.name for entry in run.mix] == ["net", "other"]
    assert run.counters is not None and run.counters.requests


def test_a_search() -> None:
    report = report_of(search_report(100, 200, found=1), "r.json")
    assert (report.found, report.found_rate, len(report.runs)) == (1, 200, 2)
    assert not report.at_least
    report = report_of(search_report(100, found=0, at_least=True), "r.json")
    assert report.at_least
    report = report_of(sweep_report(100), "r.json")
    assert (report.found, report.found_rate, report.reason) == (None, None, "")


def test_what_could_not_be_had_is_none() -> None:
    value = run_report(Load(mode="closed"))
    value.update(server=None, client=None)
    value["setup"]["slo_percentile"] = None
    (run,) = report_of(value, "r.json").runs
    assert run.queue is run.counters is run.client_cpu_s is None
    assert run.send_lag is None and run.setup.outstanding == 32


def test_members_of_a_later_version_do_not_matter() -> None:
    report_of({**run_report(), "new": 1}, "r.json")


def damaged(*path: Any, value: Any) -> dict[str, Any]:
    report: Any = run_report(Load(rate=20, seconds=2, names=("net",)))
    place = report
    for each in path[:-1]:
        place = place[each]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return report


BAD: dict[str, tuple[Any, str]] = {
    "no report": ({"model": "net"}, 'no "format"'),
    "list": ([1], 'no "format"'),
    "another version": (damaged("format", value="sconce-load/2"),
                        "expected sconce-load/1"),
    "kind": (damaged("kind", value="walk"), "kind is 'walk'"),
    "missing": (damaged("rates", "ok", value=...), "rates.ok is missing"),
    "text for a number": (damaged("window_s", value="ten"),
                          "window_s is 'ten', not a number"),
    "negative": (damaged("requests", "ok", value=-1), "requests.ok is -1"),
    "infinite": (damaged("window_s", value=1e999), "no JSON"),
    "deep": (damaged("mix", 0, "latency", "max_ms", value=[]),
             "mix[0].latency.max_ms is []"),
    "buckets": (damaged("latency", "buckets", value=[[2, 1], [1, 1]]),
                "not in order"),
    "bucket": (damaged("blocks", 0, "buckets", value=[[1]]), "buckets[0]"),
    "found": ({**search_report(100, found=0), "found": {"rate": 1, "run": 1, "at_least": False}},
              "there are 1 runs"),
    "no time a bin": (damaged("series", "bin_s", value=0),
                      "series.bin_s is 0"),
    "next to no time": (damaged("series", "bin_s", value=1e-320),
                        "not a number above 0"),
    "no window": (damaged("window_s", value=0), "window_s is 0"),
    "endless": (damaged("window_s", value=1e308), "window_s is 1e+308"),
    "huge": (damaged("requests", "ok", value=10**400), "requests.ok is 1000"),
    "huge number": (damaged("window_s", value=10**400), "window_s is 1000"),
    "half a count": (damaged("requests", "ok", value=0.5), "not a count"),
    "negative slo": (damaged("setup", "slo_ms", value=-1),
                     "setup.slo_ms is -1.0, not a number above 0"),
    "half a character": (damaged("setup", "target", value="\ud800"),
                         "setup.target is '\\ud800', not a text"),
    "of a list": (damaged("void", value=["\udfff"]), "void is ['\\udfff']"),
    "of a name": (damaged("codes", "\ud800", value=1), "has the member"),
    "empty bucket": (damaged("latency", "buckets", value=[[1, 0]]),
                     "buckets[0] has no values"),
    "found nothing": ({**search_report(100, found=0), "runs": 7},
                      "runs is 7, not a list"),
}


@pytest.mark.parametrize("what", BAD)
def test_files_that_are_no_reports(tmp_path: Path, what: str) -> None:
    content, reason = BAD[what]
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(content))
    with pytest.raises(Fault) as told:
        load_report(str(file))
    assert told.value.exit_code == 2
    assert "bad.json" in told.value.message and reason in told.value.message
    assert "\n" not in told.value.message


WORST: tuple[Any, ...] = (-1, 0, 1e-320, 1e308, 10**400, 2**63, "\ud800", "",
                          None, True, [], {}, [[]])


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of all members of objects, and of the first of every list."""
    if isinstance(value, dict):
        inside: Any = value.items()
    else:
        inside = enumerate(value[:1]) if isinstance(value, list) else ()
    for name, each in inside:
        yield (*path, name)
        yield from places(each, (*path, name))


def test_damage_anywhere_is_told_or_drawn() -> None:
    """Nothing else than a Fault may leave."""
    told = 0
    for path in places(damaged("notes", value=[])):
        for worst in WORST:
            try:
                report = report_of(damaged(*path, value=worst), "r.json")
                page_of([report]).encode()
                compare(report, report, force=True)
            except Fault as fault:
                assert "\n" not in fault.message
                told += 1
            except Exception as error:
                pytest.fail(f"{path} as {worst!r}: {error!r}")
    assert told > 500


def test_a_bomb_of_brackets_is_no_report(tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    file.write_text("[" * 200_000)
    with pytest.raises(Fault, match="is no report of sconce-load"):
        load_report(str(file))
