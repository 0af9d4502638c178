"""Reading a page of metrics."""

from gpu_check.metrics_page import MetricsPage

_PAGE = MetricsPage(
    """# HELP state 1 for the state.
# TYPE state gauge
state{model="a",state="READY"} 1
state{model="b",state="READY"} 0
bytes{device="cuda:0"} 1.5e+09
bytes{device="cuda:1"} 5e+08
plain 3
plain_other 4
"""
)


def test_adds_up_the_series_with_the_labels() -> None:
    assert _PAGE.sum("bytes") == 2e9
    assert _PAGE.sum("bytes", device="cuda:1") == 5e8
    assert _PAGE.sum("state", model="a", state="READY") == 1
    assert _PAGE.sum("plain") == 3


def test_tells_zero_from_nothing() -> None:
    assert _PAGE.sum("state", model="b", state="READY") == 0
    assert _PAGE.sum("state", model="c") is None
    assert _PAGE.sum("missing") is None
