"""The git command of examples/puller-git.yaml, run as the pod runs it: user
65532 in a folder of root's that its group may write to."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from helm import Values
from sconce_support.tools import output_of
from variants import EXAMPLES

USER = 65532
PULLER = EXAMPLES["puller-git"]["models"]["puller"]
URL = "https://git.example.com/shop/models.git"

Environment = dict[str, str]


def as_user(
    command: list[str], folder: Path, environment: Environment
) -> subprocess.CompletedProcess[str]:
    """With nothing of this machine's settings of git."""
    path = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1"}
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={**path, **environment},
        user=USER,
        group=USER,
        extra_groups=[],
    )


@pytest.fixture
def place() -> Iterator[Path]:
    """pytest's own folders are root's alone."""
    if os.geteuid() != 0:
        pytest.skip(f"only root can run git as user {USER}")
    if not shutil.which("git"):
        pytest.skip("there is no git")
    with tempfile.TemporaryDirectory(prefix="sconce-git.", dir="/tmp") as name:
        place = Path(name)
        place.chmod(0o755)
        for each, owner, mode in (
            ("models", 0, 0o2777),
            ("home", USER, 0o755),
            ("repository", USER, 0o755),
        ):
            (place / each).mkdir()
            try:
                os.chown(place / each, owner, USER)
                as_user(["true"], place, {})
            except PermissionError as error:
                pytest.skip(f"this root cannot act as user {USER}: {error}")
            (place / each).chmod(mode)
        yield place


@pytest.fixture
def repository(place: Path) -> Path:
    """With one model, under the tag that the example fetches."""
    script = """
      git init -q . && echo weights >net.pt && git add net.pt
      git -c user.name=a -c user.email=a@example.com commit -q -m models
      git tag v7"""
    folder = place / "repository"
    done = as_user(
        ["/bin/sh", "-ec", script], folder, {"HOME": str(place / "home")}
    )
    assert done.returncode == 0, output_of(done)
    return folder


def pull(
    place: Path, repository: Path, environment: Environment
) -> subprocess.CompletedProcess[str]:
    (script,) = PULLER["args"]
    assert URL in script
    script = script.replace(URL, f"file://{repository}")
    script = script.replace("/models ", f"{place}/models ")
    return as_user([*PULLER["command"], script], place, environment)


def environment_of(puller: Values, place: Path) -> Environment:
    folders = {"/models": f"{place}/models", "/tmp": f"{place}/home"}
    return {
        each["name"]: folders.get(each["value"], each["value"])
        for each in puller["env"]
    }


def test_the_example_fetches_the_models_even_twice(
    place: Path, repository: Path
) -> None:
    environment = environment_of(PULLER, place)
    for _ in range(2):
        done = pull(place, repository, environment)
        assert done.returncode == 0, output_of(done)
    assert (place / "models/net.pt").read_text() == "weights\n"


def test_the_folder_here_is_one_that_git_complains_of(
    place: Path, repository: Path
) -> None:
    """Else the test above would show nothing."""
    done = pull(place, repository, {"HOME": str(place / "home")})
    assert "dubious ownership" in done.stderr, output_of(done)
