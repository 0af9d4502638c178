"""What sections make of the answers that only a GPU brings about."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gpu_check import names
from gpu_check.goals import Verdict
from gpu_check.load import Load
from gpu_check.report import Report
from gpu_check.repository import Model, serve
from gpu_check.sections import correctness, oom, sticky

_TOLD = f"device '{names.DEVICE_NAME}' failed: device-side assert triggered"


@pytest.fixture
def report() -> Report:
    return Report({"date": "today"}, dry=False)


def _load(codes: dict[str, int], errors: dict[str, str]) -> Load:
    return Load([{"codes": codes, "errors": errors}])


@pytest.mark.parametrize(
    ("codes", "errors", "verdict"),
    [
        ({"OK": 9, "INTERNAL": 2, "UNAVAILABLE": 5}, {"INTERNAL": _TOLD},
         Verdict.MET),
        ({"OK": 9, "INTERNAL": 2, "UNKNOWN": 1}, {"INTERNAL": _TOLD},
         Verdict.MISSED),
        ({"OK": 9, "INTERNAL": 2}, {"INTERNAL": "an operator failed"},
         Verdict.WRONG),
        ({"OK": 9, "UNAVAILABLE": 2}, {}, Verdict.WRONG),
    ],
)
def test_a_failed_device_is_named_to_those_in_flight(
    report: Report, codes: dict[str, int], errors: dict[str, str],
    verdict: Verdict,
) -> None:
    sticky._judge_answers(_load(codes, errors), report)
    assert report.results["sticky.answers"].verdict is verdict


@pytest.mark.parametrize(
    ("entry", "ready", "verdict"),
    [
        ({"wrong": 0, "codes": {"OK": 3}}, True, Verdict.MET),
        ({"wrong": 1, "codes": {"OK": 3}}, True, Verdict.MISSED),
        ({"wrong": 0, "codes": {"OK": 3, "INTERNAL": 1}}, True,
         Verdict.MISSED),
        ({"wrong": 0, "codes": {}}, True, Verdict.WRONG),
        ({"wrong": 0, "codes": {"OK": 3}}, False, Verdict.WRONG),
    ],
)
def test_those_beside_a_refused_request_are_answered_right(
    report: Report, entry: dict[str, Any], ready: bool, verdict: Verdict
) -> None:
    oom._judge_others({"mlp": entry}, ready, report)
    assert report.results["oom.others"].verdict is verdict


@pytest.mark.parametrize(
    ("wrong", "codes", "checked", "fault"),
    [
        (0, {"OK": 5}, 5, ""),
        (2, {"OK": 5}, 5, "a: 2 wrong, {}"),
        (0, {"OK": 5, "INTERNAL": 1}, 5, "a: 0 wrong, {'INTERNAL': 1}"),
        (0, {"OK": 5}, 0, "a: nothing checked"),
    ],
)
def test_a_model_is_right_only_when_answers_were_checked(
    wrong: int, codes: dict[str, int], checked: int, fault: str
) -> None:
    entry = {"name": "a", "wrong": wrong, "codes": codes, "checked": checked}
    assert correctness._fault(entry) == fault


def test_the_median_is_of_all_runs() -> None:
    fast = {"latency": {"buckets": [[1.0, 3]]}}
    slow = {"latency": {"buckets": [[0.5, 1], [9.0, 5]]}}
    assert Load([fast]).p50_ms == 1.0
    assert Load([fast, slow]).p50_ms == 9.0
    assert Load([{"latency": {"buckets": []}}]).p50_ms is None


def _config(tmp_path: Path, **options: Any) -> Callable[[str], bool]:
    (tmp_path / "mlp.pt").write_text("archive")
    model = Model("mlp", tmp_path, 64, 1e-3, 4,
                  [{"name": "x", "type": "TYPE_FP32", "dims": [256]}],
                  [{"name": "y", "type": "TYPE_FP32", "dims": [16]}])
    name = serve(tmp_path / "repository", model, **options)
    folder = tmp_path / "repository" / name
    assert (folder / "1/model.pt").read_text() == "archive"
    text = (folder / "config.pbtxt").read_text()
    return lambda part: part in text


def test_a_model_is_served_under_its_name(tmp_path: Path) -> None:
    has = _config(tmp_path)
    assert has('name: "mlp"') and has("max_batch_size: 64")
    assert has('input { name: "x" data_type: TYPE_FP32 dims: [256] }')
    assert has('key: "sconce.batching" value { string_value: "trusted" }')
    assert not has("instance_group")


def test_a_model_is_served_with_settings_and_a_place(tmp_path: Path) -> None:
    has = _config(tmp_path, name="other", on_cpu=True,
                  parameters={names.PRECISION: "fp16"})
    assert has('name: "other"')
    assert has(f'key: "{names.PRECISION}" value {{ string_value: "fp16" }}')
    assert has("instance_group { kind: KIND_CPU }")
