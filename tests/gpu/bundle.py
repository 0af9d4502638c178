#!/usr/bin/env python3
"""Makes build/gpu-bundle.tar.gz: all that the GPU check needs on a machine
that has Python with torch 2.11 and nothing else of ours.

    bundle.py [--build DIR] [--out FILE] [--without-cuda]

Without libsconce_cuda.so beside the server it fails, unless told that the
bundle is for dry runs.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "deploy/image"))

import collect_libraries  # noqa: E402

MOST_BYTES = 60 << 20
CUDA_MODULE = "libsconce_cuda.so"
# A model of the zoo with more weights than this stays behind.
MOST_MODEL_BYTES = 4 << 20
# Every machine that has torch has these, and torch's must be theirs.
FROM_THE_MACHINE = re.compile(
    r"(ld-linux.*|lib(c|m|dl|rt|util|pthread|resolv|stdc\+\+|gcc_s))\.so\.\d+")
COMPONENTS = ("server", "loadtest")


def build_sync_counter(folder: pathlib.Path) -> pathlib.Path:
    made = folder / "libsync_counter.so"
    subprocess.run(
        ["gcc", "-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden",
         "-o", made, HERE / "sync_counter.c", "-ldl", "-pthread"], check=True)
    return made


def system_libraries() -> dict[str, pathlib.Path]:
    """What the linker of this machine finds, by name."""
    told = subprocess.run(["/sbin/ldconfig", "-p"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    found = re.findall(r"^\s+(\S+) \(.*x86-64.*\) => (\S+)$", told, re.M)
    return {name: pathlib.Path(path) for name, path in reversed(found)
            if not FROM_THE_MACHINE.fullmatch(name)}


def add_programs(build: pathlib.Path, stage: pathlib.Path) -> None:
    """Without the paths of this machine that those in `build` have."""
    for component in COMPONENTS:
        subprocess.run(["cmake", "--install", build, "--strip", "--component",
                        component, "--prefix", stage],
                       check=True, stdout=subprocess.DEVNULL)


def missing_module(build: pathlib.Path) -> str:
    """What is wrong; empty when the module is there."""
    module = build / "bin" / CUDA_MODULE
    return "" if module.exists() else (
        f"no {module}: the bundle could not use a GPU; build it, or say "
        "--without-cuda for dry runs only")


def add_cuda_module(build: pathlib.Path, stage: pathlib.Path) -> None:
    """LibTorch is found by LD_LIBRARY_PATH, as that machine has it."""
    made = shutil.copy(build / "bin" / CUDA_MODULE, stage / "bin")
    subprocess.run(["strip", "--strip-unneeded", made], check=True)
    script = stage / "remove_path.cmake"
    script.write_text(f'file(RPATH_REMOVE FILE "{made}")\n')
    subprocess.run(["cmake", "-P", script], check=True)
    script.unlink()


def add_libraries(stage: pathlib.Path) -> None:
    (stage / "lib").mkdir()
    there = system_libraries()
    needed = [name for file in sorted((stage / "bin").iterdir())
              for name in collect_libraries.needed_by(file)]
    for name in collect_libraries.closure(needed, there):
        shutil.copy(there[name], stage / "lib" / name)
    build_sync_counter(stage / "lib")


def add_zoo(zoo: pathlib.Path, stage: pathlib.Path) -> list[str]:
    """The names that stay behind."""
    left = []
    for entry in sorted(zoo.iterdir()):
        if entry.name.startswith("."):
            continue
        files = [entry, *entry.rglob("*")]
        size = sum(file.stat().st_size for file in files if file.is_file())
        if size > MOST_MODEL_BYTES:
            left.append(entry.name)
        elif entry.is_dir():
            shutil.copytree(entry, stage / "zoo" / entry.name)
        else:
            (stage / "zoo").mkdir(exist_ok=True)
            shutil.copy(entry, stage / "zoo")
    return left


def add_scripts(stage: pathlib.Path) -> None:
    for name in ("check.sh", "README.md"):
        shutil.copy(HERE / name, stage)
    for name in ("gpu_check", "gpu_models"):
        shutil.copytree(HERE / name, stage / name,
                        ignore=shutil.ignore_patterns("__pycache__"))


def commit() -> str:
    """Of the work tree; -dirty when it has changes."""
    done = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--abbrev=40", "--dirty",
         "--exclude=*"], text=True, check=False, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    return done.stdout.strip() or "unknown"


def write_contents(stage: pathlib.Path, cuda: bool, left: list[str]) -> None:
    files = sorted(file for file in stage.rglob("*") if file.is_file())
    lines = [f"commit {commit()}",
             f"cuda {'yes' if cuda else f'NO: {CUDA_MODULE} was not built'}",
             f"left out of the zoo, too large: {' '.join(left) or 'nothing'}",
             *(f"{file.stat().st_size} {file.relative_to(stage)}"
               for file in files)]
    (stage / "CONTENTS").write_text("\n".join(lines) + "\n")


def make(build: pathlib.Path, out: pathlib.Path, without_cuda: bool) -> str:
    """What is wrong; empty when nothing is."""
    missing = missing_module(build)
    if missing and not without_cuda:
        return missing
    cuda = not missing
    with tempfile.TemporaryDirectory() as folder:
        stage = pathlib.Path(folder) / "gpu-bundle"
        add_programs(build, stage)
        if cuda:
            add_cuda_module(build, stage)
        add_libraries(stage)
        left = add_zoo(build / "zoo", stage)
        add_scripts(stage)
        write_contents(stage, cuda, left)
        out.parent.mkdir(parents=True, exist_ok=True)
        with tarfile.open(out, "w:gz") as archive:
            archive.add(stage, "gpu-bundle")
    size = out.stat().st_size
    print(f"{out}: {size / 2**20:.1f} MiB"
          f"{'' if cuda else ', for dry runs only: no ' + CUDA_MODULE}")
    return "" if size <= MOST_BYTES else (
        f"{out} has {size} bytes, {MOST_BYTES} are allowed")


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--without-cuda", action="store_true")
    flags = parser.parse_args()
    out = flags.out or flags.build / "gpu-bundle.tar.gz"
    fault = make(flags.build, out, flags.without_cuda)
    if fault:
        print(f"bundle.py: {fault}", file=sys.stderr)
    return int(bool(fault))


if __name__ == "__main__":
    sys.exit(main())
