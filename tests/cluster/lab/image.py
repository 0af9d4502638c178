"""The image of this checkout, as an archive that containerd takes."""

import os
import subprocess
from pathlib import Path

from lab.layout import cache

_ROOT = Path(__file__).resolve().parents[3]
_SCRIPTS = _ROOT / "deploy/image"
_NAME = "localhost/sconce:cpu"

# From this machine's base image; nothing is asked of a container registry.
_BUILD = ("build.sh", "cpu", "--pull-never", "--network=host")


def archive() -> Path:
    """What SCONCE_IMAGE names, else built: half an hour the first time,
    seconds when nothing has changed."""
    if named := os.environ.get("SCONCE_IMAGE"):
        return Path(named)
    _run(_SCRIPTS / "base_image.sh")
    build, *arguments = _BUILD
    _run(_SCRIPTS / build, *arguments)
    identity = _run("podman", "image", "inspect", "--format={{.Id}}", _NAME)
    path = cache() / f"images/lab-{identity[:16]}.tar"
    if not path.exists():
        _save(path)
    return path


def _save(path: Path) -> None:
    """Not packed: it is read twice at once, and soon."""
    for old in path.parent.glob("lab-*.tar"):
        old.unlink()
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    _run("podman", "save", "--quiet", "--format=docker-archive", f"--output={draft}",
         _NAME)
    draft.rename(path)


def _run(*command: str | Path) -> str:
    """In the storage of the tests of the image. What it says is seen."""
    environment = {**os.environ, "BUILDER": "buildah"}
    trusted = os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE")
    if trusted:
        environment["CA"] = trusted
    done = subprocess.run(
        [_SCRIPTS / "with_storage.sh", *command], env=environment, text=True,
        stdout=subprocess.PIPE, check=True,
    )
    return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
