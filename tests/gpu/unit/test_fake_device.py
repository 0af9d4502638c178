"""The parts of the check that a dry run leaves out, with the real server on a
fake device (tests/support/fake_device): each says what it found."""

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import bundle
from gpu_check import names
from gpu_check.context import Check
from gpu_check.goals import Verdict
from gpu_check.report import Report
from gpu_check.repository import Model, make_models
from gpu_check.sections import (
    correctness,
    graphs,
    lanes,
    oom,
    queues,
    reload,
    sanitizer,
    saturation,
    sticky,
)

_FAKE = bundle.ROOT / "build/tests/fake_device" / names.CUDA_MODULE
_SECONDS = 200.0
_MORE_THAN_A_LOAD_TAKES = 1000


@pytest.fixture(scope="module")
def with_fake(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert _FAKE.is_file(), f"no {_FAKE}; run `make build` first"
    made = tmp_path_factory.mktemp("fake") / "gpu-bundle"
    shutil.copytree(unpacked, made)
    shutil.copy(_FAKE, made / "bin")
    return made


@pytest.fixture(scope="module")
def models(
    with_fake: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Model]:
    work = tmp_path_factory.mktemp("models")
    return make_models(_check(with_fake, work))


def _check(with_fake: Path, work: Path) -> Check:
    return Check(with_fake, sys.executable, Path(torch.__path__[0]), "cuda",
                 True, work, deadline=time.monotonic() + _SECONDS)


@pytest.fixture
def check(with_fake: Path, tmp_path: Path) -> Check:
    return _check(with_fake, tmp_path)


@pytest.fixture
def report() -> Report:
    return Report({"date": "today"}, dry=False)


def _verdicts(report: Report) -> dict[str, Verdict]:
    return {key: result.verdict for key, result in report.results.items()}


def test_correctness(
    check: Check, models: dict[str, Model], report: Report
) -> None:
    correctness.run(check, models, report)
    assert set(_verdicts(report).values()) == {Verdict.MET}, report.results
    assert len(report.results) == 3


def test_a_setting_that_cannot_be_served_is_one_fault(
    check: Check, models: dict[str, Model], report: Report,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(correctness, "_PRECISIONS",
                        {"fp32": 1e-3, "int3": 1e-3})
    correctness._precision(check, models, report)
    result = report.results["correctness.precision"]
    assert (result.verdict, result.value) == (Verdict.MISSED, 2)
    assert "resnet50_set_int3 is not served: " in result.note
    assert "int3" in result.note
    assert {row["model"]: row["wrong"]
            for row in report.tables["correctness"]} == {
        "resnet50_set_fp32": 0, "bert_base_set_fp32": 0}


def test_saturation(
    check: Check, models: dict[str, Model], report: Report,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    times = {"h2d_ms": 1.0, "exec_ms": 1.0, "d2h_ms": 1.0}
    raw = {"best_batch": 8, "batches": {"8": times}, "rate_io": 1e-3,
           "pipelined": 1.0, "one_ms": 1.0}
    monkeypatch.setattr(saturation, "_raw_loops",
                        lambda check, chosen: dict.fromkeys(
                            (each.name for each in chosen), raw))
    saturation.run(check, models, report)
    verdicts = _verdicts(report)
    share = report.results["saturation.execution"].value
    assert share is not None and share > 0
    del verdicts["saturation.execution"]
    assert len(verdicts) == len(saturation.SERVED)
    assert set(verdicts.values()) == {Verdict.MET}, report.results
    assert all(row["utilization"] == 0.5
               for row in report.tables["saturation"])


def test_graphs(
    check: Check, models: dict[str, Model], report: Report
) -> None:
    graphs.run(check, models, report)
    assert {result.verdict for result in report.results.values()} <= {
        Verdict.MET, Verdict.MISSED}
    assert len(report.results) == 3


def test_reload(
    check: Check, models: dict[str, Model], report: Report
) -> None:
    reload.run(check, models, report)
    verdicts = _verdicts(report)
    assert verdicts.pop("reload.first") in (Verdict.MET, Verdict.MISSED)
    assert verdicts == dict.fromkeys(
        ("reload.cycles", "reload.answers", "reload.memory"), Verdict.MET), (
        report.results)


def test_oom(
    check: Check, models: dict[str, Model], report: Report
) -> None:
    oom.run(check, models, report)
    assert _verdicts(report) == dict.fromkeys(
        ("oom.refused", "oom.others"), Verdict.MET), report.results


def test_sticky(
    check: Check, models: dict[str, Model], report: Report,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The fake fails by itself, under load."""
    environment = check.environment()
    environment["SCONCE_FAKE_DEVICE"] = (
        f"fail_after={_MORE_THAN_A_LOAD_TAKES}")
    monkeypatch.setattr(Check, "environment", lambda self: environment)
    sticky.run(check, models, report)
    assert _verdicts(report) == dict.fromkeys(
        ("sticky.health", "sticky.answers", "sticky.exit"), Verdict.MET), (
        report.results)


def test_sanitizer(
    check: Check, models: dict[str, Model], report: Report,
    fake_sanitizer: Callable[..., Path],
) -> None:
    check.sanitizer = fake_sanitizer()
    sanitizer.run(check, models, report)
    assert set(_verdicts(report).values()) == {Verdict.MET}, report.results
    assert len(report.results) == 5
    calls = (check.work / "calls.txt").read_text().splitlines()
    assert all(" --require-cuda-init yes " in call for call in calls)


def test_errors_of_the_sanitizer_are_a_goal_missed(
    check: Check, models: dict[str, Model], report: Report,
    fake_sanitizer: Callable[..., Path],
) -> None:
    program = fake_sanitizer("========= Invalid read; ERROR SUMMARY: 2 errors")
    sanitizer._watch(check, models, report, sanitizer._PASSES[0], program)
    assert _verdicts(report) == {"sanitizer.eager": Verdict.MISSED,
                                 "sanitizer.eager_answers": Verdict.MET}
    assert report.results["sanitizer.eager"].value == 2


def test_queues_and_lanes(
    check: Check, models: dict[str, Model], report: Report
) -> None:
    queues.run(check, models, report)
    lanes.run(check, models, report)
    assert [row["device"] for row in report.tables["queues"]] == [
        "cpu", "cpu", names.DEVICE_NAME]
    assert not [row for row in report.tables["queues"] if "failed" in row]
    assert len(report.tables["lanes"]) == 4
