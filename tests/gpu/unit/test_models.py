"""The models that the check makes, in their small sizes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch

from gpu_check.goals import SERVED
from gpu_models.catalogue import MAKERS, Entry
from gpu_models.scale import QUICK

with torch.no_grad():
    _ENTRIES = {entry.name: entry for make in MAKERS for entry in make(QUICK)}
_HERE = Path(__file__).resolve().parents[1]


@pytest.fixture(params=_ENTRIES)
def entry(request: pytest.FixtureRequest) -> Entry:
    return _ENTRIES[request.param]


def _distance(a: torch.Tensor, b: torch.Tensor) -> float:
    """As sconce-load's --tolerance takes it."""
    return float(((a - b).abs() / (1 + b.abs())).max())


def test_what_is_served_answers_as_what_is_right(entry: Entry) -> None:
    with torch.no_grad():
        right = entry.reference(**entry.inputs)
        served = torch.jit.script(entry.module)(**entry.inputs)
    assert served.dtype == torch.float32
    assert _distance(served, right) <= entry.tolerance


def test_mixed_up_rows_would_be_found(entry: Entry) -> None:
    with torch.no_grad():
        right = entry.reference(**entry.inputs)
    for i in range(len(right)):
        for j in range(i):
            assert _distance(right[i], right[j]) > 2 * entry.tolerance


def test_rows_do_not_depend_on_each_other(entry: Entry) -> None:
    first = {name: values[:1] for name, values in entry.inputs.items()}
    with torch.no_grad():
        alone = entry.module(**first)
        together = entry.module(**entry.inputs)[:1]
    assert _distance(alone, together) <= entry.tolerance


def test_all_that_have_a_goal_are_there() -> None:
    assert set(SERVED) <= set(_ENTRIES)


def test_a_table_refuses_what_is_outside() -> None:
    lookup = _ENTRIES["lookup"].module
    with pytest.raises(IndexError):
        lookup(torch.tensor([[10**9]]))


def test_the_raw_loop_tells_rates_and_which_model_failed(
    tmp_path: Path
) -> None:
    subprocess.run(
        [sys.executable, "-m", "gpu_models.make", tmp_path, "--quick",
         "--without-half"], cwd=_HERE, check=True)
    made = json.loads((tmp_path / "models.json").read_text())
    assert "mlp" in made and not [n for n in made if n.endswith("fp16")]
    row = numpy.load(tmp_path / "mlp.row.npz")["x"]
    assert row.shape[0] == 1
    done = subprocess.run(
        [sys.executable, "-m", "gpu_models.raw_loop", tmp_path, "mlp:1,4",
         "missing:1", "--device", "cpu", "--seconds", "0.05"], cwd=_HERE,
        check=True, text=True, stdout=subprocess.PIPE)
    told = json.loads(done.stdout)
    assert "missing.pt" in told["missing"]["error"]
    found = told["mlp"]["batches"]
    assert list(found) == ["1", "4"]
    for rows, times in found.items():
        slowest = max(times["h2d_ms"], times["exec_ms"], times["d2h_ms"])
        assert times["rate"] == pytest.approx(1e3 * int(rows) / slowest)
    assert told["mlp"]["rate_io"] == max(t["rate"] for t in found.values())
    assert told["mlp"]["pipelined"] > 0 and told["mlp"]["one_ms"] > 0
