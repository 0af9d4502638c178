"""`python -m models.zoo` as a user calls it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "models.zoo", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_named_models_and_a_table(tmp_path: Path) -> None:
    done = run("--out", str(tmp_path), "simple", "goal_prediction")
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    assert (tmp_path / "simple/1/model.pt").exists()
    assert (tmp_path / "goal_prediction.bin").exists()
    assert "2 models written" in done.stdout
    assert "goal_prediction" in done.stdout


def test_an_unknown_name(tmp_path: Path) -> None:
    done = run("--out", str(tmp_path), "nosuch")
    assert done.returncode == 2
    assert "'nosuch'" in done.stderr


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("--out", str(tmp_path / "file" / "zoo"), "simple")
    assert done.returncode == 1
    assert "cannot write to" in done.stderr
    assert "Traceback" not in done.stderr
