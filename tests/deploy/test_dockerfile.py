"""The Dockerfile: what a linter says, and what it takes from the tree."""

import fnmatch
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path

import pytest

from sconce_support.server_process import default_binary
from sconce_support.tools import ROOT, installed, output_of, run

DOCKERFILE = ROOT / "Dockerfile"
LISTS = ROOT / "deploy/toolchain"
WHEEL_LIBRARIES = ("libtorch_cpu.so", "libc10.so", "libtorch_cuda.so",
                   "libc10_cuda.so")  # fmt: skip
# In every Debian, so in no list.
ALWAYS_THERE = {"libc6", "libstdc++6", "libgcc-s1"}


@cache
def instructions() -> list[list[str]]:
    """The words of each instruction."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.M)
    lines = text.replace("\\\n", " ").splitlines()
    return [
        # The script of a RUN has quotes of its own kind.
        line.split() if line.startswith("RUN ") else shlex.split(line)
        for line in lines
        if line.strip()
    ]


def hadolint(file: Path) -> subprocess.CompletedProcess[str]:
    return run([installed("hadolint", "wheels") / "bin/hadolint", file])


def test_linter_has_nothing_to_say() -> None:
    done = hadolint(DOCKERFILE)
    assert done.returncode == 0, output_of(done)


def test_linter_finds_a_fault(tmp_path: Path) -> None:
    faulty = tmp_path / "Dockerfile"
    faulty.write_text("FROM debian\nRUN sudo apt-get install gcc\n")
    done = hadolint(faulty)
    assert done.returncode != 0 and "DL3004" in done.stdout, output_of(done)


def test_it_has_the_promised_targets() -> None:
    stages = [words[3] for words in instructions() if words[0] == "FROM"]
    assert {"cpu", "cuda", "test", "sbom"} <= set(stages)
    assert stages[-1] == "cpu", "the last is what a bare build makes"


def test_no_secret_is_demanded() -> None:
    mounts = [word for words in instructions() for word in words
              if word.startswith("--mount=type=secret")]  # fmt: skip
    assert mounts and not [each for each in mounts if "required" in each]


def copied_from_the_tree() -> list[str]:
    return [
        source
        for words in instructions()
        if words[0] == "COPY" and not words[1].startswith("--from")
        for source in words[1:-1]
    ]


def test_what_it_copies_is_there_and_not_ignored() -> None:
    ignored = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    for source in copied_from_the_tree():
        assert (ROOT / source).exists(), source
        top = source.split("/")[0]
        assert not any(fnmatch.fnmatch(top, each) for each in ignored), source


def packages(section: str) -> set[str]:
    done = run([LISTS / "packages.sh", section])
    assert done.returncode == 0, output_of(done)
    return set(done.stdout.split())


def needed_libraries(program: Path) -> list[str]:
    told = run(["readelf", "-d", program]).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", told)


@cache
def package_of(library: str) -> str:
    # The machine's own: clang brings 32-bit ones of the same name.
    done = run(["dpkg-query", "-S", f"*-linux-gnu/{library}"])
    assert done.returncode == 0, output_of(done)
    return done.stdout.split(":")[0]


def copied_into(stage: str) -> set[str]:
    """What a stage takes from other stages."""
    found: dict[str, set[str]] = {}
    now = ""
    for words in instructions():
        if words[0] == "FROM":
            now = words[3]
        elif words[0] == "COPY" and words[1].startswith("--from"):
            found.setdefault(now, set()).update(words[2:-1])
    return found[stage]


def test_only_the_image_with_cuda_has_the_module() -> None:
    module = "/opt/sconce-cuda/bin"
    assert module in copied_into("cuda")
    assert module not in copied_into("cpu") | copied_into("runtime")


@pytest.mark.parametrize(
    "name", ["sconce-server", "sconce-load", "libsconce_cuda.so"]
)
def test_the_image_has_the_libraries_of(name: str) -> None:
    """Section `runtime` is what a program is linked to, and not less."""
    program = default_binary().parent / name
    assert program.is_file(), f"no {program}; run `make build` first"
    needed = {
        package_of(library)
        for library in needed_libraries(program)
        if library not in WHEEL_LIBRARIES
    }
    missing = needed - ALWAYS_THERE - packages("runtime")
    assert not missing, f"section `runtime` lacks {missing}"
