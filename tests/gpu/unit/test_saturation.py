"""Which models are measured when a server or a model fails."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from gpu_check.context import Check, OutOfTime
from gpu_check.goals import Verdict
from gpu_check.report import Report
from gpu_check.sections import saturation

_ALL = ["resnet50", "bert_base", "mlp"]


class _Server:
    """`faults`: what becomes of models."""

    starts: list[list[str]]

    def __init__(self, faults: dict[str, str], group: list[str]) -> None:
        self.starts.append(group)
        self._refuses = "no start" in [faults.get(name) for name in group]
        self.failed = {name: "not served" for name in group
                       if faults.get(name) == "not served"}
        self.ended = False

    def __enter__(self) -> Self:
        if self._refuses:
            raise RuntimeError("no start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        pass

    def has_ended(self) -> bool:
        return self.ended


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[list[str], list[list[str]], Report]]:
    """What was measured, the groups that servers were started with, and the
    report."""

    def run_with(**faults: str) -> tuple[list[str], list[list[str]], Report]:
        measured: list[str] = []
        _Server.starts = []
        report = Report({}, dry=False)

        def start(check: Check, folder: Path, group: list[str],
                  *flags: str, may_fail: bool) -> _Server:
            return _Server(faults, group)

        def measure(server: Any, name: str) -> None:
            if faults.get(name) == "out of time":
                raise OutOfTime(name)
            if name in faults:
                server.ended = faults[name] == "ends it"
                raise RuntimeError(faults[name])
            measured.append(name)

        monkeypatch.setattr(saturation, "Server", start)
        check = Check(tmp_path, "python3", tmp_path, "cuda", False, tmp_path)
        saturation._each(check, _ALL, measure, report)
        return measured, _Server.starts, report

    return run_with


def test_all_are_measured_on_one_server(run: Callable[..., Any]) -> None:
    measured, starts, report = run()
    assert (measured, starts, report.results) == (_ALL, [_ALL], {})


@pytest.mark.parametrize("fault", ["not served", "failed"])
def test_a_model_that_fails_is_not_the_others_fault(
    run: Callable[..., Any], fault: str
) -> None:
    measured, starts, report = run(resnet50=fault)
    assert (measured, starts) == (_ALL[1:], [_ALL])
    result = report.results["saturation.resnet50"]
    assert (result.verdict, result.note) == (Verdict.WRONG, fault)


def test_those_after_one_that_ends_the_server_have_their_own(
    run: Callable[..., Any]
) -> None:
    measured, starts, report = run(resnet50="ends it")
    assert measured == _ALL[1:]
    assert starts == [_ALL, ["bert_base"], ["mlp"]]
    assert list(report.results) == ["saturation.resnet50"]


def test_each_is_tried_alone_when_they_do_not_start_together(
    run: Callable[..., Any]
) -> None:
    measured, starts, report = run(bert_base="no start")
    assert measured == ["resnet50", "mlp"]
    assert starts == [_ALL, *([name] for name in _ALL)]
    assert report.results["saturation.bert_base"].note == "no start"


def test_the_end_of_the_time_is_the_end(run: Callable[..., Any]) -> None:
    with pytest.raises(OutOfTime):
        run(bert_base="out of time")
