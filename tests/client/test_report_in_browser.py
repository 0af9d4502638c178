"""The page of a load test in a real browser, which has no network."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sconce.cli.loadtest.comparison import compare
from sconce.cli.loadtest.page.document import page_of
from sconce.cli.loadtest.report import report_of

from tests.client.browser import Browser, BrowserMissing, Page
from tests.client.load_reports import (
    Load,
    run_report,
    search_report,
    sweep_report,
)

HOSTILE = ('<script>alert(1)</script>', '"><img src=x onerror=alert(1)>',
           "</script><b>&amp;", "a" * 90)
REPORTS: dict[str, list[dict[str, Any]]] = {
    "run": [run_report(Load(rate=600))],
    "void run": [run_report(Load(
        names=HOSTILE, notes=HOSTILE, wrong=3, lag_ms=2, interrupted=True,
        void=("the client was late: send lag p99 3.1 ms",)))],
    "closed loop": [run_report(Load(mode="closed", slo_ms=None,
                                    names=("net",), rejected=0, failed=0))],
    "an hour": [run_report(Load(rate=100, seconds=3600, names=("net",)))],
    "a second": [run_report(Load(rate=20, seconds=1, names=("net",)))],
    "fast": [run_report(Load(median_ms=0.04, spread=0.05, slo_ms=0.5))],
    "sweep": [sweep_report(100, 300, 500, 700, 850, 1000, 1300)],
    "find-max": [search_report(100, 200, 400, 800, 880)],
    "find-max at the client's limit": [search_report(
        100, 200, 400, 800, 880, at_least=True)],
    "find-max without": [search_report(100, 200, found=None)],
    "two runs": [run_report(Load(seed=1)), run_report(Load(seed=2))],
    "two sweeps": [sweep_report(100, 500, 900),
                   sweep_report(200, 600, 1000, capacity=700)],
}
LOOKS = {"desktop": {"width": 1280}, "dark": {"width": 1280, "dark": True},
         "phone": {"width": 390, "height": 800},
         "tablet": {"width": 820}}

# Pairs of texts that lie over each other, and texts that leave their drawing.
OVERLAPS = """
[...document.querySelectorAll('svg.plot')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  if (!svg.checkVisibility()) return [];
  const texts = [...svg.querySelectorAll('text')].map(
    (text) => [text.textContent, text.getBoundingClientRect()]);
  const found = [];
  texts.forEach(([words, box], index) => {
    if (box.left < frame.left - 1 || box.right > frame.right + 1 ||
        box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
      found.push(words + ' leaves its drawing');
    for (const [others, other] of texts.slice(index + 1))
      if (Math.min(box.right, other.right) - Math.max(box.left, other.left) > 1
          && Math.min(box.bottom, other.bottom)
             - Math.max(box.top, other.top) > 3)
        found.push(words + ' over ' + others);
  });
  return found;
})
"""
# Of each drawing that is seen: where its frame is, and the colours in it.
DRAWINGS = """
[...document.querySelectorAll('svg.plot')].flatMap((svg) => {
  const box = svg.getBoundingClientRect();
  if (!svg.checkVisibility()) return [];
  const scale = box.width / svg.viewBox.baseVal.width;
  const [left, top, right, bottom] =
    svg.dataset.frame.split(' ').map((each) => each * scale);
  return [{
    title: svg.querySelector('title').textContent,
    frame: [box.left + left, box.top + top + scrollY,
            box.left + right, box.top + bottom + scrollY].map(Math.round),
    colours: [...svg.querySelectorAll('g')].filter(
        (g) => [...g.querySelectorAll('path')].some(
          (path) => path.getAttribute('d'))).map(
      (g) => getComputedStyle(g).color.match(/[0-9]+/g).map(Number)),
  }];
})
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    try:
        made = Browser(tmp_path_factory.mktemp("chromium"))
    except BrowserMissing as reason:
        pytest.skip(str(reason))
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every page as a file, by what it is of."""
    folder, found = tmp_path_factory.mktemp("pages"), {}
    for name, values in REPORTS.items():
        reports = [report_of(value, f"{index}.json")
                   for index, value in enumerate(values)]
        found[name] = folder / f"{name}.html"
        found[name].write_text(page_of(reports))
    a, b = [report_of(value, f"{each}.json") for each, value in
            zip("ab", REPORTS["two runs"])]
    found["comparison"] = folder / "comparison.html"
    found["comparison"].write_text(page_of([a, b], compare(a, b, False)))
    return found


ALL = [*REPORTS, "comparison"]
# Those whose traces do not hide each other.
APART = ("run", "void run", "comparison", "fast")


@pytest.mark.parametrize(
    "what, look",
    [(what, look) for what in ALL for look in ("desktop", "phone")]
    + [(what, look) for what in ("run", "sweep", "comparison")
       for look in ("dark", "tablet")],
)
def test_a_page(
    browser: Browser, pages: dict[str, Path], what: str, look: str
) -> None:
    page = browser.page(**LOOKS[look]).open(pages[what])
    assert page.errors() == []
    assert page.requests() == []
    assert page.size()["width"] == LOOKS[look]["width"], "it scrolls sideways"
    assert page.evaluate(OVERLAPS) == []
    drawings, picture = page.evaluate(DRAWINGS), page.picture()
    assert len(drawings) >= 2
    for each in drawings:
        assert_drawn(picture, each, all_seen=what in APART)


def assert_drawn(
    picture: Any, drawing: dict[str, Any], all_seen: bool = False
) -> None:
    """Something of a trace is to be seen inside of the frame; of every one
    where they do not hide each other."""
    left, top, right, bottom = drawing["frame"]
    inside = picture[top:bottom, left:right].astype(int)
    assert inside.size, f"{drawing['title']} is not in the picture"
    distinct = np.unique(inside @ [65536, 256, 1])
    assert len(distinct) > 20, f"{drawing['title']} is nearly blank"
    seen = [(np.abs(inside - colour[:3]) < 40).all(axis=2).sum() >= 4
            for colour in drawing["colours"]]
    assert any(seen), f"nothing in {drawing['title']}"
    assert all(seen) or not all_seen, f"{drawing['title']}: {seen}"


def test_dark_is_dark(browser: Browser, pages: dict[str, Path]) -> None:
    means = {
        dark: browser.page(dark=dark).open(pages["run"]).picture().mean()
        for dark in (False, True)
    }
    assert means[False] > 200 and means[True] < 80


def test_the_details_of_a_sweep(
    browser: Browser, pages: dict[str, Path]
) -> None:
    page = browser.page().open(pages["sweep"])
    page.evaluate("document.querySelectorAll('details').forEach("
                  "(each) => each.open = true)")
    drawings, picture = page.evaluate(DRAWINGS), page.picture()
    assert len(drawings) == 4 + 2 * 7
    for each in drawings:
        assert_drawn(picture, each)
    assert page.evaluate(OVERLAPS) == [] and page.errors() == []


def pointed_at(page: Page, ident: str, x: float, y: float) -> str:
    """What the tip says with the pointer at a part of a chart's frame."""
    left, top, right, bottom = page.evaluate(
        f"document.querySelector('#{ident}').scrollIntoView(); (() => {{"
        f"const svg = document.querySelector('#{ident} svg.wide');"
        "const box = svg.getBoundingClientRect();"
        "const scale = box.width / svg.viewBox.baseVal.width;"
        "return svg.dataset.frame.split(' ').map((each, index) =>"
        "each * scale + (index % 2 ? box.top : box.left))})()")
    page.move_to(left + x * (right - left), top + y * (bottom - top))
    return page.evaluate("document.querySelector('#tip').hidden ? '' : "
                         "document.querySelector('#tip').innerText")


def test_values_under_the_pointer(
    browser: Browser, pages: dict[str, Path]
) -> None:
    page = browser.page().open(pages["run"])
    rates = pointed_at(page, "run-1", 0.5, 0.5)
    bins = REPORTS["run"][0]["series"]["bins"]
    shown = [f"OK: {each['ok']} /s" for each in bins[9:11]]
    assert any(words in rates for words in shown), rates
    assert "offered: " in rates and " s" in rates.splitlines()[0]
    latency = pointed_at(page, "run-0", 0.5, 0.6)
    assert "all OK answers: " in latency and " ms" in latency
    assert "%" in latency.splitlines()[0]
    assert pointed_at(page, "run-0", -0.1, 0.5) == ""
    assert page.errors() == []


def test_names_do_not_break_out(
    browser: Browser, pages: dict[str, Path]
) -> None:
    page = browser.page().open(pages["void run"])
    text = page.evaluate("document.body.innerText")
    assert all(name in text for name in HOSTILE)
    assert page.evaluate("document.querySelectorAll('img, b').length") == 0
    tip = pointed_at(page, "run-0", 0.9, 0.6)
    assert HOSTILE[0] in tip and page.errors() == []


BROKEN = {
    "console": "<script>console.error('it is broken')</script>",
    "exception": "<script>nosuch()</script>",
    "network": "<img src='http://example.invalid/x.png'>",
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_check_finds_what_is_broken(
    browser: Browser, tmp_path: Path, what: str
) -> None:
    file = tmp_path / "broken.html"
    file.write_text(f"<!DOCTYPE html><title>broken</title>{BROKEN[what]}")
    page = browser.page().open(file)
    assert page.errors() != []
    assert bool(page.requests()) == (what == "network")


def test_the_check_finds_a_blank_chart(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "blank.html"
    file.write_text(pages["run"].read_text().replace(
        "svg .line {", "svg .line { visibility: hidden;"))
    page = browser.page().open(file)
    picture = page.picture()
    with pytest.raises(AssertionError):
        for each in page.evaluate(DRAWINGS):
            assert_drawn(picture, each)


def test_the_policy_stops_other_scripts(
    browser: Browser, pages: dict[str, Path], tmp_path: Path
) -> None:
    file = tmp_path / "injected.html"
    file.write_text(pages["run"].read_text().replace(
        "<main>", "<main><script>document.title = 'taken'</script>"))
    page = browser.page().open(file)
    assert page.evaluate("document.title") != "taken"
    assert any("Content Security Policy" in each for each in page.errors())


def test_reports_are_json() -> None:
    for values in REPORTS.values():
        json.dumps(values, allow_nan=False)
