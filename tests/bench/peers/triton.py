"""NVIDIA Triton, as pip brings it: the binary within nvidia-pytriton.

It has the Python back end only, so that a model is a model.py that loads the
archive (triton_model.py). The back end finds torch through the first python3
of PATH, which is ours; its stub has to be of that Python's version.
"""

import shutil
import sys
from pathlib import Path

from peers.environments import Unavailable, environment, packages
from peers.process import PeerProcess, free_port

NAME = "triton"

_PACKAGE = "nvidia-pytriton==0.7.0"  # Triton 2.51.0, 24.10
_CONFIG = """dynamic_batching {{ }}
instance_group [ {{ kind: KIND_CPU count: {lanes} }} ]
"""


def process(folder: Path, lanes: int) -> PeerProcess:
    """`folder`/models is a repository of ours; it is adapted."""
    home = environment("--no-deps", _PACKAGE)
    triton = packages(home) / "pytriton/tritonserver"
    _add_back_end(triton, folder)
    for model in (folder / "models").iterdir():
        _adapt(model, lanes)
    port = free_port()
    command: list[str | Path] = [triton / "bin/tritonserver"]
    command += ["--model-repository", folder / "models"]
    command += ["--backend-directory", folder / "backends"]
    command += ["--grpc-address", "127.0.0.1", "--grpc-port", str(port)]
    command += ["--allow-http", "false", "--allow-metrics", "false"]
    variables = {
        "LD_LIBRARY_PATH": str(packages(home) / "nvidia_pytriton.libs"),
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
    }
    return PeerProcess(command, port, folder / "triton.log", variables)


def _add_back_end(triton: Path, folder: Path) -> None:
    version = "{}.{}".format(*sys.version_info)
    stub = triton / "python_backend_stubs" / version
    if not stub.is_dir():
        raise Unavailable(f"{_PACKAGE} has no stub for Python {version}")
    back_end = folder / "backends" / "python"
    shutil.copytree(triton / "backends" / "python", back_end)
    shutil.copytree(stub, back_end, dirs_exist_ok=True)


def _adapt(model: Path, lanes: int) -> None:
    config = model / "config.pbtxt"
    lines = [
        line
        for line in config.read_text().splitlines()
        if not line.startswith(("platform", "parameters"))
    ]
    text = "\n".join(['backend: "python"', *lines])
    config.write_text(f"{text}\n{_CONFIG.format(lanes=lanes)}")
    shutil.copy(
        Path(__file__).with_name("triton_model.py"), model / "1" / "model.py")
