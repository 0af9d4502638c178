"""What our programs get of the machine: libraries, and variables that change
neither where they talk to nor how they compute."""

import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

# Ours have flags for what these say; the others would send requests to this
# machine through a proxy, or change how exactly a GPU computes and how LibTorch
# takes its memory, of the server or of the raw loop it is compared with.
_PREFIXES = ("SCONCE_", "TORCH_ALLOW_TF32", "NVIDIA_TF32", "PYTORCH_",
             "CUDA_LAUNCH_BLOCKING", "CUBLAS_", "CUDNN_", "TORCH_CUDNN",
             "TORCH_CUBLAS")
_PROXIES = ("http_proxy", "https_proxy", "grpc_proxy", "all_proxy")
_CHUNK = 16 << 20


def clean(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    return {name: value for name, value in environment.items()
            if not name.startswith(_PREFIXES)
            and name.lower() not in _PROXIES}


def with_libraries(
    environment: Mapping[str, str], folders: Iterable[Path]
) -> dict[str, str]:
    """These folders first. What the machine itself names stays: its driver may
    be found there only."""
    paths = [str(folder) for folder in folders]
    paths += filter(None, [environment.get("LD_LIBRARY_PATH")])
    return {**environment, "LD_LIBRARY_PATH": ":".join(paths)}


def libraries_of_wheels(packages: Iterable[str]) -> list[Path]:
    """Where wheels put CUDA's. LibTorch finds them when they are installed
    beside it; else only its Python package does."""
    return [folder for path in packages if path
            for folder in sorted(Path(path).glob("nvidia/*/lib"))]


def read_ahead(folders: Iterable[Path]) -> threading.Thread:
    """Brings libraries from the disk into memory while something else goes on:
    the first program that needs them does not wait for gigabytes."""
    def read() -> None:
        for folder in folders:
            for file in sorted(folder.glob("*.so*")):
                _read(file)
    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    return thread


def _read(file: Path) -> None:
    try:
        with file.open("rb", buffering=0) as opened:
            while opened.read(_CHUNK):
                pass
    except OSError:
        pass  # whoever needs it will say so
