"""The page of a load test, as a file; test_report_in_browser.py looks at it
with a browser."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from sconce.cli.loadtest.page.document import page_of
from sconce.cli.loadtest.report import report_of

from tests.client.load_reports import (
    Load,
    run_report,
    search_report,
    sweep_report,
)


class Elements(HTMLParser):
    """The elements of a page, and its text without scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text, self._hidden = "", False
        self.feed(page)

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.found.append((tag, dict(attrs)))
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.text += data + " "

    def named(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.found if tag == name]


def page(*values: Any) -> str:
    return page_of([report_of(value, f"{index}.json")
                    for index, value in enumerate(values)])


def text_of(*values: Any) -> str:
    return Elements(page(*values)).text


def test_it_stands_alone() -> None:
    found = Elements(page(run_report()))
    for _, attributes in found.found:
        for name in ("src", "href", "action", "srcset"):
            address = attributes.get(name) or "data:,"
            assert address.startswith("data:"), attributes
    whole = page(run_report())
    assert "url(" not in whole and "@import" not in whole
    assert "https:" not in whole and "http:" not in whole


def test_its_policy_allows_its_script_alone() -> None:
    whole = page(run_report())
    (script,) = re.findall(r"<script>(.*?)</script>", whole, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest())
    assert f"script-src 'sha256-{digest.decode()}'" in whole
    assert "default-src 'none'" in whole


def test_names_stay_names() -> None:
    name = "</script><script>alert(1)</script>\"'&lt;"
    report = run_report(Load(names=(name, "b"), void=(name,), wrong=1))
    report["setup"]["target"] = report["version"] = name
    report["answers"]["faults"] = [name]
    report["codes"][name] = 1
    found = Elements(page(report))
    kinds = [each.get("type") for each in found.named("script")]
    assert kinds.count(None) == 1
    assert set(kinds) == {None, "application/json"}
    assert name in found.text
    assert "alert(1)" not in str(found.found).replace("aria", "")


def test_an_hour_is_small() -> None:
    hour = run_report(Load(rate=50, seconds=3600))
    assert len(page(hour).encode()) < 1_000_000
    assert "Each point is 6 s" in text_of(hour)


def test_a_long_sweep_is_small() -> None:
    sweep = sweep_report(*range(100, 2100, 100))
    assert len(page(sweep).encode()) < 1_000_000


VERDICTS = {
    "void": (Load(void=("the client was late",)),
             ["VOID", "the client was late"]),
    "missed": (Load(), ["SLO missed: 99 % within 50 ms"]),
    "met": (Load(slo_ms=1000, rejected=0.001, failed=0),
            ["SLO met: 99 % within 1 s"]),
    "unknown": (Load(changes={"slo_met": None}),
                ["Unknown whether", "longer"]),
    "none": (Load(slo_ms=None), ["No SLO was set"]),
    "wrong": (Load(wrong=3), ["3 of 400 answers", "expected 0.5"]),
    "closed": (Load(mode="closed"), ["A closed loop"]),
    "interrupted": (Load(interrupted=True), ["Interrupted after 20 s"]),
}


@pytest.mark.parametrize("what", VERDICTS)
def test_verdicts_of_a_run(what: str) -> None:
    load, words = VERDICTS[what]
    told = text_of(run_report(load))
    for each in words:
        assert each in told
    others = ("VOID", "SLO met", "SLO missed", "A closed loop", "Interrupted")
    assert [other for other in others if other in told
            and not any(other in each for each in words)] in (
        [], ["SLO missed"])


def test_a_void_run_is_not_praised() -> None:
    good = {"slo_ms": 1000, "rejected": 0, "failed": 0}
    styles = [each.get("class") for each in Elements(page(run_report(
        Load(void=("late",), **good)))).named("div")]
    assert "verdict bad" in styles and "verdict good" not in styles


def test_verdicts_of_searches() -> None:
    assert "800 /s is the highest rate that meets 99 % within 50 ms" in (
        text_of(search_report(100, 200, 400, 800)))
    none = text_of(search_report(100, found=None))
    assert "No rate was found" in none and "the lowest rate misses" in none
    assert "3 of 4 rates meet" in text_of(sweep_report(100, 200, 400, 1500))
    broken = {**sweep_report(100), "interrupted": True}
    assert "Interrupted after 1 runs" in text_of(broken)


def test_a_rate_that_the_client_ended() -> None:
    found = Elements(page(search_report(100, 200, found=1, at_least=True)))
    assert ("At least 200 /s meets 99 % within 50 ms: the client, not the "
            "server, was the limit") in found.text
    assert "highest rate that" not in found.text
    assert "at least 200 /s" in found.text
    styles = [each.get("class") for each in found.named("div")]
    assert "verdict warn" in styles and "verdict good" not in styles


def test_notes_of_runs() -> None:
    assert "the clock went back" in text_of(run_report(
        Load(notes=("the clock went back",))))
    sweep = sweep_report(100, 200)
    sweep["runs"][1]["notes"] = ["one server of two"]
    assert "200 /s: one server of two" in text_of(sweep)


def test_rates_are_of_answers_that_came() -> None:
    """Not of the requests that were due, of which more are answered later."""
    late = run_report(Load(rate=500, names=("net",)))
    late["rates"].update(ok=123.0, good=77.0)
    told = text_of(late)
    assert re.search("OK answers that came +123 /s", told)
    assert re.search("Good answers that came +77.0 /s", told)
    sweep = {**sweep_report(500), "runs": [late]}
    assert re.search("asked +offered +OK that came +good that came", told) is (
        None)
    told = text_of(sweep)
    assert re.search("asked +offered +OK that came +good that came", told)
    assert re.search("500 /s +500 /s +123 /s +77.0 /s", told)
    assert "goodput up to 77.0 /s" in told


def test_the_setup_in_full() -> None:
    told = re.sub(" +", " ", text_of(run_report()))
    for each in ("Rate asked for 200 /s", "Timeout 60 s", "one of 10",
                 "At most under way 1\u202f000\u202f000",
                 "Mix: encoder × 1 x: float32 [1, 4], made up and 1 more; "
                 "208 bytes a message", "Lost 8 ",
                 "compute per request (batches shared)"):
        assert each in told, each
    closed = re.sub(" +", " ", text_of(run_report(Load(mode="closed"))))
    assert "Requests under way 32 " in closed and "Rate asked" not in closed


@pytest.mark.parametrize("load, words", [
    (Load(), "above 500 µs a run"), (Load(slo_ms=200), "above 1 ms a run"),
    (Load(slo_ms=None), "above 1 ms a run"), (Load(mode="closed"), None)])
def test_the_send_lag_and_its_limit(load: Load, words: str | None) -> None:
    told = text_of(run_report(load))
    assert words in told if words else "Send lag" not in told


def test_reports_without_much_in_them() -> None:
    """After a Ctrl-C at once, or when nobody answers."""
    assert "Load curve" in text_of({**sweep_report(100), "runs": []})
    assert "No rate" in text_of({
        **search_report(100, found=None), "runs": []})
    lost = run_report(Load(rate=20, seconds=1, rejected=1.1, names=("net",)))
    lost["codes"] = {"UNAVAILABLE": 20}
    assert "UNAVAILABLE" in text_of(lost)
    nothing = run_report(Load(rate=0, seconds=1, names=("net",)))
    nothing.update(server=None, client=None, blocks=[], window_s=0.0,
                   interrupted=True)
    nothing["series"]["bins"] = []
    told = text_of(nothing)
    assert "unknown" in told and "Load test of net" in told


def test_figures_that_nobody_can_know_are_told_as_such() -> None:
    told = text_of(run_report(Load(rate=20)))
    assert "too few" in told and "None" not in told and "nan" not in told


def test_charts_can_be_read_out() -> None:
    found = Elements(page(run_report()))
    charts = [each for each in found.named("svg")
              if "plot" in (each.get("class") or "")]
    assert len(charts) == 2 * 5
    idents = [each.get("id") for _, each in found.found if each.get("id")]
    assert len(set(idents)) == len(idents)
    for each in charts:
        assert each["role"] == "img"
        assert set((each["aria-labelledby"] or "").split()) <= set(idents)
    assert "all OK answers: " in found.text and "p50 " in found.text


def test_percentiles_of_longer_stretches() -> None:
    told = text_of(run_report(Load(rate=120, seconds=640, names=("net",))))
    assert "p99 of longer stretches" in told
    assert "time, min" in told
