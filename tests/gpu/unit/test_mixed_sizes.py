"""Requests of many sizes, and their right answers."""

from pathlib import Path

import numpy
import pytest

from gpu_check import mixed_sizes
from gpu_check.repository import Model


def _model(folder: Path, name: str, rows: int) -> Model:
    model = Model(name, folder, 64, 1e-3, rows, [], [])
    values = numpy.arange(float(rows * 3)).reshape(rows, 3)
    numpy.savez(model.example, x=values)
    numpy.savez(model.expected, y=2 * values)
    return model


@pytest.mark.parametrize(("rows", "sizes"), [
    (32, [1, 2, 3, 5, 8]), (8, [1, 2, 3, 5, 8]), (4, [1, 2, 3])])
def test_rows_and_answers_go_together(
    tmp_path: Path, rows: int, sizes: list[int]
) -> None:
    model = _model(tmp_path, "mlp", rows)
    made = mixed_sizes.entries(tmp_path / "made", {"served": model}, False)
    assert [entry["name"] for entry in made] == [
        f"served-{size}" for size in sizes]
    for entry, size in zip(made, sizes, strict=True):
        given = numpy.load(entry["npz"])["x"]
        assert given.shape == (size, 3)
        assert (numpy.load(entry["expect"])["y"] == 2 * given).all()
        assert entry["model"] == "served" and entry["tolerance"] == 1e-3


def test_an_identity_answers_with_what_it_was_given(tmp_path: Path) -> None:
    model = Model("identity", tmp_path, 1024, 1e-3, 2, [], [])
    made = mixed_sizes.entries(tmp_path / "made", {"identity": model}, False)
    sizes = set()
    for entry in made:
        given = numpy.load(entry["npz"])["x"]
        sizes.add(given.nbytes)
        assert (numpy.load(entry["expect"])["y"] == given).all()
        assert entry["tolerance"] < 1e-3
    assert min(sizes) == 100 and max(sizes) == 2_000_000
