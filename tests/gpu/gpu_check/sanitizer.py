"""Finds NVIDIA's compute-sanitizer, makes its command, reads what it found."""

import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROGRAM = "compute-sanitizer"
# Of the wheel nvidia-cuda-sanitizer-api, below a folder of Python's packages.
_IN_A_WHEEL = (f"nvidia/*/{PROGRAM}/{PROGRAM}", f"nvidia/*/bin/{PROGRAM}",
               f"nvidia/{PROGRAM}/{PROGRAM}")
_LOCAL = Path("/usr/local")
WHERE = (f"the PATH, CUDA_HOME, {_LOCAL}/cuda* and Python's packages were "
         "looked in; --sanitizer says where it is")

# From the program's start to its first call of CUDA: LibTorch is large.
_CONNECT_SECONDS = 60

_SUMMARY = re.compile(r"ERROR SUMMARY: (\d+) error")
# What it says where it cannot watch any program.
_UNABLE = ("not supported", "before first instrumented API call")


def find(
    environment: Mapping[str, str] = os.environ,
    packages: Sequence[str] = sys.path, local: Path = _LOCAL,
) -> Path | None:
    """The first that can be run; None when there is none."""
    for candidate in _candidates(environment, packages, local):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate.resolve()
    return None


def _candidates(
    environment: Mapping[str, str], packages: Sequence[str], local: Path
) -> Iterator[Path]:
    on_path = shutil.which(PROGRAM, path=environment.get("PATH", ""))
    if on_path:
        yield Path(on_path)
    homes = [Path(environment[name]) for name in ("CUDA_HOME", "CUDA_PATH")
             if environment.get(name)]
    # The highest version last in the alphabet, mostly.
    homes += sorted(local.glob("cuda*"), reverse=True)
    for home in homes:
        yield home / "bin" / PROGRAM
        yield home / PROGRAM / PROGRAM
    for folder in packages:
        for pattern in _IN_A_WHEEL:
            yield from sorted(Path(folder or ".").glob(pattern))


def command(program: Path, log: Path, needs_cuda: bool) -> list[str]:
    """What goes before the program that is watched.

    LibTorch calls functions of CUDA that may fail and copes, so calls that
    fail are not reported: accesses to memory are.
    """
    return [str(program), "--tool", "memcheck",
            "--target-processes", "application-only",
            "--report-api-errors", "no", "--print-limit", "20",
            "--require-cuda-init", "yes" if needs_cuda else "no",
            "--launch-timeout", str(_CONNECT_SECONDS),
            "--error-exitcode", "86", "--log-file", str(log)]


@dataclass(frozen=True)
class Finding:
    """`errors` is None without a summary: then nothing was watched to the
    end. It ends with 0 then, too, so its exit code tells nothing."""

    errors: int | None
    text: str

    @property
    def unable(self) -> bool:
        return self.errors is None and any(
            phrase in self.text for phrase in _UNABLE)


def read(log: Path) -> Finding:
    text = log.read_text(errors="replace") if log.exists() else ""
    counts = [int(count) for count in _SUMMARY.findall(text)]
    return Finding(sum(counts) if counts else None, _without_prefix(text))


def _without_prefix(text: str) -> str:
    lines = (line.lstrip("= ").rstrip() for line in text.splitlines())
    return "; ".join(line for line in lines if line)[:600]
