"""Runs against the real server: what a report says is what was done."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sconce_support.load import Done, Load
from sconce_support.server_process import ServerProcess

# Short, for a machine that is at other things too; long enough for a schedule.
SHORT = ["--duration", "1", "--warmup", "0.2"]


@pytest.fixture
def run(load: Load, at: list[str]) -> Callable[..., dict[str, Any]]:
    """A run that has to end well; a late client is the machine's fault."""

    def make(*flags: str | Path) -> dict[str, Any]:
        done: Done = load(*at, *flags)
        assert done.code in (0, 5), (done.code, done.stderr, done.stdout)
        return done.report

    return make


def whole(report: dict[str, Any]) -> None:
    """Each request is in one place of the report, and in one only."""
    requests = report["requests"]
    assert requests["offered"] == requests["sent"] + requests["unsent"]
    assert sum(report["codes"].values()) == requests["sent"]
    assert report["codes"].get("OK", 0) == requests["ok"]
    assert report["latency"]["count"] == requests["ok"]
    counted = sum(count for _, count in report["latency"]["buckets"])
    assert counted == requests["ok"]
    bins = report["series"]["bins"]
    assert sum(b["due"] for b in bins) == requests["offered"]
    assert sum(b["due"] for b in report["blocks"]) == requests["offered"]
    entries = report["mix"]
    assert sum(sum(e["codes"].values()) for e in entries) == requests["sent"]


def test_golden_examples_are_sent_and_checked(
    run: Callable[..., dict[str, Any]],
) -> None:
    report = run("--model", "simple", "--rate", "200", "--check-every", "1",
                 *SHORT)
    whole(report)
    assert report["codes"] == {"OK": report["requests"]["offered"]}
    assert report["answers"]["checked"] == report["requests"]["ok"]
    assert report["answers"]["wrong"] == 0
    # A Poisson process of 200 in a second, within five standard deviations.
    assert abs(report["requests"]["offered"] - 200) < 71


def test_the_same_seed_is_the_same_load(
    run: Callable[..., dict[str, Any]],
) -> None:
    flags = ["--model", "simple", "--rate", "100", *SHORT]
    first = run(*flags, "--seed", "7")
    again = run(*flags, "--seed", "7")
    other = run(*flags, "--seed", "8")
    offered = [r["requests"]["offered"] for r in (first, again, other)]
    assert offered[0] == offered[1]
    assert offered[0] != offered[2]


def test_the_server_is_seen_from_inside(
    run: Callable[..., dict[str, Any]],
) -> None:
    report = run("--model", "slow", "--rate", "50", *SHORT,
                 "--input", "steps=[20]")
    server = report["server"]
    assert server["told"] == report["requests"]["ok"]
    assert server["compute"]["mean_ms"] > 0
    assert server["queue"]["count"] == server["told"]
    assert server["compute"]["mean_ms"] < report["latency"]["mean_ms"]
    assert server["metrics"]["cpu_s"] > 0
    assert server["metrics"]["requests"] >= report["requests"]["ok"]
    assert report["client"]["cpu_s"] > 0


def test_a_mix_is_divided_by_its_weights(
    run: Callable[..., dict[str, Any]],
) -> None:
    report = run(
        "--model", "simple", "--weight", "3",
        "--model", "mlp_scripted", "--weight", "1",
        "--model", "dict_output", "--weight", "1",
        "--rate", "500", *SHORT,
    )
    whole(report)
    assert [e["name"] for e in report["mix"]] == [
        "simple", "mlp_scripted", "dict_output"
    ]
    counts = [sum(e["codes"].values()) for e in report["mix"]]
    assert 0.5 < counts[0] / sum(counts) < 0.7
    assert min(counts) > 50
    assert report["answers"]["wrong"] == 0 < report["answers"]["checked"]


def test_methods_are_models_too(run: Callable[..., dict[str, Any]]) -> None:
    report = run("--model", "detector:predict_boxes", "--rate", "50", *SHORT,
                 "--check-every", "1")
    whole(report)
    assert set(report["codes"]) == {"OK"}
    assert report["answers"]["checked"] > 0 == report["answers"]["wrong"]


def test_a_closed_loop_keeps_as_many_under_way(
    run: Callable[..., dict[str, Any]],
) -> None:
    report = run("--model", "simple", "--closed-loop", "4", *SHORT)
    whole(report)
    assert report["setup"]["mode"] == "closed"
    assert report["setup"]["outstanding"] == 4
    assert report["send_lag"] is None
    assert report["requests"]["ok"] > 10


@pytest.mark.parametrize(
    ("flags", "least", "most"),
    [
        (["--steps", "50,350"], 100, 300),
        (["--ramp", "0:400"], 100, 300),
        (["--bursts", "400:0.25:0.25"], 100, 300),
        (["--rate", "200", "--arrivals", "constant"], 199, 201),
        (["--steps", "50,350", "--arrivals", "constant"], 198, 202),
    ],
)
def test_arrivals(
    run: Callable[..., dict[str, Any]],
    flags: list[str],
    least: int,
    most: int,
) -> None:
    """All of them are 200 a second on average."""
    report = run("--model", "simple", *flags, *SHORT)
    whole(report)
    assert least <= report["requests"]["offered"] <= most


def test_a_trace_is_replayed(
    run: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    trace = tmp_path / "day.csv"
    rows = [f"{i / 100},{'simple' if i % 4 else 'mlp_scripted'}"
            for i in range(100)]
    trace.write_text("\n".join(["seconds,entry", *rows, ""]))
    flags = ["--model", "simple", "--model", "mlp_scripted"]
    report = run(*flags, "--trace", trace, "--warmup", "0")
    whole(report)
    counts = {e["name"]: sum(e["codes"].values()) for e in report["mix"]}
    assert counts == {"simple": 75, "mlp_scripted": 25}
    fast = run(*flags, "--trace", trace, "--warmup", "0", "--speed", "4")
    assert fast["requests"]["offered"] == 100
    assert fast["window_s"] < report["window_s"] / 2


def test_arrays_are_sent_and_their_answers_checked(
    run: Callable[..., dict[str, Any]], load: Load, at: list[str],
    tmp_path: Path,
) -> None:
    a = np.arange(16, dtype=np.int32).reshape(1, 16)
    b = np.ones((1, 16), np.int32)
    np.savez(tmp_path / "in.npz", INPUT0=a, INPUT1=b)
    np.savez(tmp_path / "right.npz", OUTPUT0=a + b, OUTPUT1=a - b)
    np.savez(tmp_path / "wrong.npz", OUTPUT0=a + b + 1)
    np.save(tmp_path / "a.npy", a)
    flags = ["--model", "simple", "--rate", "100", "--check-every", "1", *SHORT]
    arrays = ["--inputs", tmp_path / "in.npz"]
    report = run(*flags, *arrays, "--expect", tmp_path / "right.npz")
    assert report["answers"]["checked"] == report["requests"]["ok"] > 0
    assert report["answers"]["wrong"] == 0
    single = ["--input", f"INPUT0={tmp_path / 'a.npy'}",
              "--input", f"INPUT1={b.tolist()}"]
    report = run(*flags, *single, "--expect", tmp_path / "right.npz")
    assert report["answers"]["wrong"] == 0 < report["answers"]["checked"]
    done = load(*at, *flags, *arrays, "--expect", tmp_path / "wrong.npz")
    assert done.code == 1
    assert done.report["answers"]["wrong"] == done.report["requests"]["ok"]
    assert "OUTPUT0" in done.report["answers"]["faults"][0]
    assert done.report["requests"]["good"] == 0


def test_the_text_has_the_same_figures(
    load: Load, at: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    flags = ["--model", "simple", "--rate", "300", "--slo", "500", *SHORT]
    done = load.end(load.begin(*at, *flags, "--output", file))
    assert done.code in (0, 5), done.stderr
    report = json.loads(file.read_text())
    whole(report)
    assert str(report["requests"]["offered"]) in done.stdout.replace(",", "")
    for word in ("p50", "p99", "offered", "simple"):
        assert word in done.stdout
    assert ("VOID" in done.stdout) == bool(report["void"])


def test_ten_rows_a_request(run: Callable[..., dict[str, Any]],
                            server: ServerProcess) -> None:
    report = run("--model", "mlp_scripted", "--batch", "10", "--rate", "50",
                 *SHORT)
    assert set(report["codes"]) == {"OK"}
