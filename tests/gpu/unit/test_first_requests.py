"""What the first requests waited for."""

import pytest

from gpu_check import first_requests
from gpu_check.first_requests import FirstRequests
from gpu_check.goals import BY_KEY
from gpu_check.load import Load
from gpu_check.metrics_page import MetricsPage


def _page(seconds: float, count: int) -> MetricsPage:
    return MetricsPage(f'sconce_request_seconds_sum{{model="a"}} {seconds}\n'
                       f'sconce_request_seconds_count{{model="a"}} {count}\n')


def test_waves_come_one_after_the_other_and_all_count() -> None:
    assert first_requests.trace(2, 3) == (
        "seconds\n0.000\n0.000\n0.000\n0.100\n0.100\n0.100\n")


def test_the_request_that_is_tried_before_is_the_first() -> None:
    found = first_requests._first_ms(_page(4, 7), _page(4.9, 9), "a", 250)
    assert found == pytest.approx(650)
    nothing = MetricsPage("")
    assert first_requests._first_ms(nothing, _page(0.5, 2), "a", 200) == (
        pytest.approx(300))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_requests_of_others_are_not_taken_for_it(count: int) -> None:
    with pytest.raises(RuntimeError, match=f"asked {count} times"):
        first_requests._first_ms(_page(4, 7), _page(5, 7 + count), "a", 1)


def test_the_worst_of_the_waves_is_compared_with_the_median() -> None:
    waves = {"codes": {"OK": 8}, "errors": {},
             "latency": {"buckets": [[2.0, 7], [9.0, 1]]}}
    assert first_requests._worst(Load([waves])) == 9.0
    assert FirstRequests(5, 9, 3).ratio == 3
    assert FirstRequests(12, 9, 3).ratio == 4


@pytest.mark.parametrize("codes", [{}, {"OK": 7, "INTERNAL": 1}])
def test_one_that_is_not_answered_is_no_figure(codes: dict[str, int]) -> None:
    done = {"codes": codes, "errors": {},
            "latency": {"buckets": [[2.0, 7]]}}
    with pytest.raises(RuntimeError, match="first requests"):
        first_requests._worst(Load([done]))


@pytest.mark.parametrize(("start", "reloads", "met"), [
    (1.0, (1.0, 1.2, 50.0), True),  # one hiccup
    (9.0, (1.0, 1.0, 1.0), False),
    (1.0, (1.0, 4.0, 5.0), False),
])
def test_a_cold_model_is_told_from_a_hiccup(
    start: float, reloads: tuple[float, ...], met: bool
) -> None:
    value = first_requests.judged(
        FirstRequests(0, start, 1), [FirstRequests(0, each, 1)
                                     for each in reloads])
    assert BY_KEY["reload.first"].is_met(value) is met
