"""Images of a few files, written without any program for images."""

import hashlib
import io
import json
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

_PAUSE = Path(__file__).with_name("pause.c")


def pause_image(name: str, folder: Path) -> Path:
    """An archive for `ctr images import` with the container of pod networks."""
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / "pause"
    subprocess.run(
        ["cc", "-O1", "-static", "-s", "-o", program, _PAUSE], check=True
    )
    return scratch_image(name, {"pause": program}, folder / "pause.tar")


def scratch_image(name: str, files: Mapping[str, Path], archive: Path) -> Path:
    """Of one layer with these files; the first is what it runs."""
    layer = _layer(files)
    digest = hashlib.sha256(layer).hexdigest()
    config = json.dumps({
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/" + next(iter(files))]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }).encode()
    entry = {"Config": "config.json", "RepoTags": [name],
             "Layers": ["layer.tar"]}
    with tarfile.open(archive, "w") as tar:
        _add(tar, "layer.tar", layer)
        _add(tar, "config.json", config)
        _add(tar, "manifest.json", json.dumps([entry]).encode())
    return archive


def _layer(files: Mapping[str, Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, path in files.items():
            _add(tar, name, path.read_bytes(), mode=0o755)
    return buffer.getvalue()


def _add(
    tar: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644
) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(content), mode
    tar.addfile(info, io.BytesIO(content))
