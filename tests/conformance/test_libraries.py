"""What the server binary is linked with: 458 MB of LibTorch, not 4 GB.

libtorch.so needs the CUDA libraries; the server loads those itself where there
is a GPU, which asks for DT_RPATH, for it also counts for what is opened later.
The module with CUDA is to run with whichever CUDA LibTorch was built for.
"""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sconce_support.server_process import default_binary

_TORCH = {"libtorch_cpu.so", "libc10.so"}
_MODULE = default_binary().parent / "libsconce_cuda.so"
# What the module calls of CUDA 12.6 to 13.0's run-time library: each is in all
# of them, with the same arguments. Look before you add one: of some functions
# the header means another version's symbol (cudaGetDeviceProperties_v2).
_CUDA_CALLS = {
    "cudaDeviceGetPCIBusId", "cudaDeviceSynchronize", "cudaDriverGetVersion",
    "cudaEventCreateWithFlags", "cudaEventDestroy", "cudaEventElapsedTime",
    "cudaEventQuery",
    "cudaEventRecord", "cudaGetDeviceCount", "cudaGetErrorString",
    "cudaGetLastError", "cudaMemGetInfo", "cudaMemcpyAsync",
    "cudaRuntimeGetVersion", "cudaStreamCreateWithFlags", "cudaStreamDestroy",
    "cudaStreamWaitEvent",
}  # fmt: skip


def _entries(file: Path) -> dict[str, list[str]]:
    """The dynamic section: tag to values, e.g. NEEDED to library names."""
    text = _run("readelf", "--wide", "--dynamic", str(file))
    found: dict[str, list[str]] = {}
    for tag, value in re.findall(r"\((\w+)\).*\[(.*)\]", text):
        found.setdefault(tag, []).append(value)
    return found


@pytest.fixture(scope="module")
def entries() -> dict[str, list[str]]:
    return _entries(default_binary())


@pytest.fixture(scope="module")
def module() -> Path:
    if not _MODULE.exists():
        pytest.skip(f"this build is without CUDA: no {_MODULE}")
    return _MODULE


def test_of_libtorch_only_the_cpu_half_is_linked(
    entries: dict[str, list[str]],
) -> None:
    torch = {name for name in entries["NEEDED"] if _is_torch(name)}
    assert torch == _TORCH


def test_no_cuda_library_is_loaded_at_start() -> None:
    loaded = [Path(path).name for path in _loaded()]
    # Two small CUDA libraries belong to libtorch_cpu itself, for profiling.
    allowed = ("libcudart.", "libcupti.")
    cuda = [n for n in loaded if "cud" in n or n.startswith(("libcu", "libnv"))]
    assert [name for name in cuda if not name.startswith(allowed)] == []
    assert {name for name in loaded if _is_torch(name)} == _TORCH


def test_the_path_counts_for_libraries_that_are_opened_later(
    entries: dict[str, list[str]],
) -> None:
    assert "RUNPATH" not in entries
    (path,) = entries["RPATH"]
    assert any(
        (Path(folder) / "libtorch_cpu.so").exists()
        for folder in path.split(":")
        if folder
    )


def test_the_module_needs_no_cuda_but_libtorchs(module: Path) -> None:
    needed = _entries(module)["NEEDED"]
    assert {"libtorch_cuda.so", "libc10_cuda.so"} <= set(needed)
    assert not [name for name in needed if name.startswith(("libcu", "libnv"))]
    assert "RUNPATH" not in _entries(module)


def test_the_module_asks_for_no_version_of_cuda(module: Path) -> None:
    text = _run("readelf", "--wide", "--dyn-syms", str(module))
    # "UND cudaEventQuery", or "UND cudaEventQuery@libcudart.so.13".
    calls = set(re.findall(r" UND (cu\S+)", text))
    assert "cudaMemcpyAsync" in calls
    assert calls <= _CUDA_CALLS


def test_the_module_shows_its_entry(module: Path) -> None:
    text = _run("readelf", "--wide", "--dyn-syms", str(module))
    shown = set(re.findall(r" GLOBAL +DEFAULT +\d+ (\S+)", text))
    assert shown == {"SconceDeviceBackend"}


def _is_torch(name: str) -> bool:
    return name.startswith(("libtorch", "libc10"))


def _loaded() -> Iterator[str]:
    for line in _run("ldd", str(default_binary())).splitlines():
        assert "not found" not in line, line
        yield from re.findall(r"(/\S+)", line)


def _run(*command: str) -> str:
    return subprocess.run(
        command, check=True, capture_output=True, text=True
    ).stdout
