"""podman and buildah with the tests' own storage, and whether they work."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IMAGE_SCRIPTS = ROOT / "deploy/image"
BASE = "docker.io/library/debian:bookworm-slim"

# A first build compiles the server and fetches a gigabyte.
_BUILD_SECONDS = 3 * 3600.0

# What watches a container leaves a file "oom" where it was started.
_FOLDER = tempfile.TemporaryDirectory(prefix="sconce-image")

PROGRAMS = ("buildah", "podman", "runc", "iptables", "debootstrap")

# What a container of a cluster is run with, and a little less: there is no
# folder at all that can be written to. Swap would make a limit of memory soft.
LOCKED = (
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--memory=1g",
    "--memory-swap=1g",
    "--pids-limit=200",
)


def storage(
    *command: str | Path,
    seconds: float = 120.0,
    check: bool = True,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs the command with the storage; its output is text."""
    done = subprocess.run(
        [IMAGE_SCRIPTS / "with_storage.sh", *command],
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, **(environment or {})},
        cwd=_FOLDER.name,
    )
    if check and done.returncode:
        told = (done.stdout + done.stderr)[-6000:]
        raise AssertionError(f"{done.args}: {done.returncode}\n{told}")
    return done


def make_base_image() -> None:
    storage(IMAGE_SCRIPTS / "base_image.sh", seconds=1800.0)


def build(
    target: str, *options: str, secrets: dict[str, Path] | None = None
) -> str:
    """`make image` by buildah, from this machine's base image; its output."""
    secret_files = {name: str(path) for name, path in (secrets or {}).items()}
    done = storage(
        IMAGE_SCRIPTS / "build.sh",
        target,
        "--pull-never",
        "--network=host",
        *options,
        seconds=_BUILD_SECONDS,
        environment={"BUILDER": "buildah", **secret_files},
    )
    return done.stdout + done.stderr


def what_is_missing() -> str:
    """Why containers cannot be built and run here; "" where they can."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing:
        return (
            f"there is no {', '.join(missing)};"
            " deploy/toolchain/bootstrap.sh cluster installs them"
        )
    if os.geteuid() != 0:
        return "the rights of root are needed"
    return ""


def what_is_forbidden() -> str:
    """Why the base image does not run as the server's is to run."""
    told = storage(
        "podman", "run", "--rm", *LOCKED, BASE, "true", check=False
    )
    return told.stderr.strip().splitlines()[-1] if told.returncode else ""
