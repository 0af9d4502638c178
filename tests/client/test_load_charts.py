"""Axes and numbers of the charts of a load test, and how they are drawn."""

import re

import pytest
from sconce.cli.loadtest.figures import duration, share, short, significant
from sconce.cli.loadtest.page.chart import Chart, Mark, Rule, Trace, thinned
from sconce.cli.loadtest.page.drawing import both
from sconce.cli.loadtest.page.figure import figure
from sconce.cli.loadtest.page.html import element, table
from sconce.cli.loadtest.page.scales import (
    Log,
    Scale,
    Share,
    from_zero,
    log_of_times,
)


def chart(*traces: Trace, rules: tuple[Rule, ...] = ()) -> Chart:
    return Chart("A <title>", "caption", "summary", Scale(0, 10, "s"), "time",
                 Scale(0, 100, "/s"), "rate", traces, rules)


def test_a_gap_is_a_gap() -> None:
    trace = Trace("t", "c0", ((0, 1), (1, 2), (2, None), (3, 4)))
    wide, narrow = both(chart(trace), "i")
    for drawn in (wide, narrow):
        (path,) = re.findall(r'class="line" d="([^"]*)"', drawn)
        assert path.count("M") == 2 and path.count("L") == 1


def test_what_cannot_be_believed_is_drawn_apart() -> None:
    points = ((0.0, 1.0), (1.0, 2.0), (2.0, 3.0))
    wide, _ = both(chart(Trace("t", "c0", points, faint_from=1)), "i")
    assert 'class="line faint"' in wide


def test_a_chart_without_values_is_left_out() -> None:
    assert figure(chart(Trace("t", "c0", ((0, None),))), "i") == ""
    assert figure(chart(), "i") == ""


def test_all_words_are_escaped() -> None:
    bad = "<b>\"'"
    drawn = figure(chart(
        Trace(bad, "c0", ((1, 1),), marks=(Mark(1, 1, bad),)),
        rules=(Rule("x", 5, bad), Rule("y", 5, bad))), "i")
    assert "<b>" not in drawn and "A &lt;title&gt;" in drawn
    assert "<b>" not in table((bad,), [(bad, bad)], bad)
    assert element("p", class_=bad) == (
        '<p class="&lt;b&gt;&quot;&#x27;"></p>')


def test_points_that_nobody_can_tell_apart_are_thinned() -> None:
    scale = Scale(0, 1, "s")
    many = [(index / 10_000, index / 10_000) for index in range(10_001)]
    kept = thinned(many, scale, scale)  # type: ignore[arg-type]
    assert 300 < len(kept) < 500
    assert (kept[0], kept[-1]) == (many[0], many[-1])


def test_round_ticks() -> None:
    assert [words for _, words in Scale(0, 1300, "/s").ticks(6)] == [
        "0", "250", "500", "750", "1\u202f000", "1\u202f250"]
    assert [words for _, words in Log(0.02, 30, "ms").ticks(8)] == [
        "30 µs", "100 µs", "300 µs", "1 ms", "3 ms", "10 ms", "30 ms"]
    assert [words for _, words in Log(1e-3, 1e6, "ms").ticks(4)] == [
        "1 µs", "1 ms", "1 s", "1\u202f000 s"]
    assert [value for value, _ in Share(1, 99.95, "%").ticks(9)] == [
        1, 10, 50, 90, 99, 99.9]


@pytest.mark.parametrize("scale", [
    Scale(0, 7, "/s"), Log(0.1, 900, "ms"), Share(1, 99.99, "%"),
    log_of_times([]), log_of_times([5.0]), from_zero([], "/s"),
    from_zero([1e-9], "/s")])
@pytest.mark.parametrize("most", [2, 4, 7, 12])
def test_ticks_lie_on_the_axis(scale: Scale, most: int) -> None:
    ticks = scale.ticks(most)
    places = [scale.position(value) for value, _ in ticks]
    assert places == sorted(places) and len(set(places)) == len(places)
    assert all(0 <= place <= 1 for place in places)
    assert isinstance(scale, Share) or len(ticks) <= most + 1


def test_numbers_for_people() -> None:
    assert [significant(each) for each in (0, 1.5, 0.01234, 12345.6)] == [
        "0", "1.50", "0.0123", "12\u202f346"]
    assert [short(each) for each in (1.5, 100, 0.25)] == ["1.5", "100", "0.25"]
    assert [duration(each) for each in
            (None, 0, 0.0005, 0.9999, 1, 999.7, 61000)] == [
        "–", "0 ms", "0.500 µs", "1.00 ms", "1.00 ms", "1.00 s", "61.0 s"]
    assert [share(part, 100_000) for part in (0, 1, 500, 99_999, 100_000)] == [
        "0 %", "< 0.01 %", "0.5 %", "> 99.99 %", "100 %"]
    assert share(0, 0) == "–"
