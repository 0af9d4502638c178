"""What the bundle holds."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import bundle
from gpu_check.context import Check


def test_is_small_enough(archive: Path) -> None:
    assert archive.stat().st_size <= bundle.MOST_BYTES


def test_the_contents_list_what_there_is(unpacked: Path) -> None:
    commit, cuda, left, *files = (
        (unpacked / "CONTENTS").read_text().splitlines())
    assert re.fullmatch(r"commit ([0-9a-f]{40}(-dirty)?|unknown)", commit)
    built = (bundle.ROOT / "build/bin" / bundle.CUDA_MODULE).exists()
    assert cuda.startswith("cuda yes" if built else "cuda NO")
    assert "resnet18 " in left and "minilm" in left
    there = {
        f"{file.stat().st_size} {file.relative_to(unpacked)}"
        for file in unpacked.rglob("*")
        if file.is_file() and file.name != "CONTENTS"
    }
    assert set(files) == there


@pytest.mark.parametrize(
    "file",
    ["check.sh", "README.md", "bin/sconce-server", "bin/sconce-load",
     "lib/libsync_counter.so", "gpu_check/__main__.py", "gpu_models/make.py",
     "gpu_check/sections/saturation.py", "zoo/simple/1/model.pt",
     "zoo/goal_prediction.bin"],
)
def test_holds(unpacked: Path, file: str) -> None:
    assert (unpacked / file).is_file()


def test_brings_neither_torch_nor_what_every_machine_has(
    unpacked: Path
) -> None:
    names = [file.name for file in (unpacked / "lib").iterdir()]
    assert not [
        name for name in names
        if re.match(r"lib(torch|c10|cu|nv|stdc|gcc|c\.so|m\.so|pthread)", name)
    ]


def test_programs_name_no_folder_of_this_machine(unpacked: Path) -> None:
    for program in (unpacked / "bin").iterdir():
        told = subprocess.run(
            ["readelf", "-d", program], check=True,
            text=True, stdout=subprocess.PIPE).stdout
        paths = re.findall(r"R(?:UN)?PATH\).*\[(.*)\]", told)
        assert paths in ([], ["$ORIGIN/../lib"])


def test_the_module_loses_the_paths_of_this_machine(tmp_path: Path) -> None:
    built, stage = tmp_path / "build/bin", tmp_path / "stage/bin"
    built.mkdir(parents=True)
    stage.mkdir(parents=True)
    subprocess.run(
        ["gcc", "-shared", "-x", "c", "/dev/null", "-Wl,-rpath,/some/where",
         "-o", built / bundle.CUDA_MODULE], check=True)
    assert not bundle.missing_module(tmp_path / "build")
    bundle.add_cuda_module(tmp_path / "build", tmp_path / "stage")
    made = stage / bundle.CUDA_MODULE
    assert b"/some/where" in (built / bundle.CUDA_MODULE).read_bytes()
    assert b"/some/where" not in made.read_bytes()
    assert list(tmp_path.glob("stage/*")) == [stage]


def test_refuses_to_be_made_without_the_cuda_module(tmp_path: Path) -> None:
    out = tmp_path / "bundle.tar.gz"
    fault = bundle.make(tmp_path, out, without_cuda=False)
    assert bundle.CUDA_MODULE in fault and "--without-cuda" in fault
    assert not out.exists()


def test_every_library_that_is_needed_is_there_or_the_machines(
    unpacked: Path
) -> None:
    there = {file.name for file in (unpacked / "lib").iterdir()}
    for file in [*(unpacked / "bin").iterdir(), *(unpacked / "lib").iterdir()]:
        for name in bundle.collect_libraries.needed_by(file):
            assert (name in there
                    or bundle.FROM_THE_MACHINE.fullmatch(name)
                    or re.match(r"lib(torch|c10|cudart|sconce)", name)), (
                f"{file.name} needs {name}")


def test_the_module_finds_all_it_needs_in_this_torch_and_the_bundle(
    unpacked: Path
) -> None:
    """As the server loads it (runtime/cuda_libraries.h), without a GPU."""
    module = unpacked / "bin" / bundle.CUDA_MODULE
    if not module.is_file():
        pytest.skip("this LibTorch is for CPUs: there is no module")
    check = Check(unpacked, sys.executable, Path(torch.__path__[0]), "cuda",
                  True, unpacked)
    load = (f"import ctypes; from ctypes import CDLL; "
            f"CDLL('libtorch_cuda.so', ctypes.RTLD_GLOBAL); "
            f"CDLL('{module}').SconceDeviceBackend")
    done = subprocess.run(
        [sys.executable, "-c", load], env=check.environment(), text=True,
        check=False, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
