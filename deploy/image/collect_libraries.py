#!/usr/bin/env python3
"""Copies the libraries that a program and some libraries need out of the
folders of wheels, and the wheels' licences. Run by the Dockerfile.

    collect_libraries.py --wheels DIR --to DIR --licences DIR FILE...

A FILE is the path of a program, or names libraries that are loaded by name at
run time ("libtorch_cuda.so", "libcudnn_*.so.9"). LibTorch's own libraries lose
their symbol tables, which debuggers alone read; NVIDIA's are copied as they
are.
"""

import argparse
import fnmatch
import pathlib
import re
import shutil
import subprocess
import sys

NEEDED = re.compile(r"\(NEEDED\).*\[(.+)\]")


def needed_by(file: pathlib.Path) -> list[str]:
    told = subprocess.run(["readelf", "-d", file], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return NEEDED.findall(told)


def libraries_in(wheels: pathlib.Path) -> dict[str, pathlib.Path]:
    folders = [wheels / "torch/lib", *sorted(wheels.glob("nvidia/*/lib"))]
    return {file.name: file for folder in folders
            for file in folder.glob("*.so*")}


def closure(start: list[str], there: dict[str, pathlib.Path]) -> list[str]:
    """The names in `there` that are needed, directly or not."""
    found: list[str] = []
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name in there and name not in found:
            found.append(name)
            waiting += needed_by(there[name])
    return sorted(found)


def copy(file: pathlib.Path, folder: pathlib.Path) -> int:
    """The copy's size in bytes."""
    made = pathlib.Path(shutil.copy(file, folder))
    made.chmod(0o755)
    if "torch" in file.parts:
        subprocess.run(["strip", made], check=True)
    return made.stat().st_size


def copy_licences(wheels: pathlib.Path, folder: pathlib.Path) -> None:
    for licences in (*wheels.glob("torch-*.dist-info/licenses"),
                     *wheels.glob("nvidia_*.dist-info/licenses")):
        wheel = licences.parent.name.removesuffix(".dist-info")
        shutil.copytree(licences, folder / wheel)


def main() -> int:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--wheels", type=pathlib.Path, required=True)
    parser.add_argument("--to", type=pathlib.Path, required=True)
    parser.add_argument("--licences", type=pathlib.Path, required=True)
    parser.add_argument("file", nargs="+")
    flags = parser.parse_args()
    there = libraries_in(flags.wheels)
    start: list[str] = []
    for file in flags.file:
        names = (needed_by(pathlib.Path(file)) if "/" in file else
                 fnmatch.filter(there, file))
        if not names:
            print(f"no wheel has {file}", file=sys.stderr)
            return 1
        start += names
    flags.to.mkdir(parents=True, exist_ok=True)
    for name in closure(start, there):
        print(f"{copy(there[name], flags.to) / 1e6:8.1f} MB  {name}")
    copy_licences(flags.wheels, flags.licences)
    return 0


if __name__ == "__main__":
    sys.exit(main())
