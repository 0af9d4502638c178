"""Check: the bundle, the machine's Python, the device and the time left."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from gpu_check import names, surroundings

SHORTEST = 1.0


class OutOfTime(Exception):
    """A section's time is up; the text says what it was about to do."""


@dataclass
class Check:
    """`deadline` is of the section that runs, in seconds of time.monotonic().
    """

    bundle: Path
    python: str
    torch: Path
    device: str  # "cuda" or "cpu"
    quick: bool
    work: Path  # models and logs; goes at the end
    sanitizer: Path | None = None  # where the caller says it is
    log: Path | None = None
    deadline: float = 0
    known: dict[str, bool] = field(default_factory=dict)

    @property
    def dry(self) -> bool:
        return self.device == "cpu"

    @property
    def server(self) -> Path:
        return self.bundle / "bin/sconce-server"

    @property
    def load(self) -> Path:
        return self.bundle / "bin/sconce-load"

    def left(self, doing: str) -> float:
        """Seconds of the section that are left; OutOfTime when none are."""
        seconds = self.deadline - time.monotonic()
        if seconds < SHORTEST:
            raise OutOfTime(doing)
        return seconds

    @property
    def served_on(self) -> str:
        """For the server. One GPU: the raw loop has one, too."""
        return "cpu" if self.dry else names.DEVICE_NAME

    @property
    def torch_libraries(self) -> list[Path]:
        return [self.torch / "lib",
                *surroundings.libraries_of_wheels(sys.path)]

    def environment(self) -> dict[str, str]:
        """Of our programs: LibTorch is the machine's, the rest ours."""
        torch, *wheels = self.torch_libraries
        return surroundings.with_libraries(
            surroundings.clean(), [torch, self.bundle / "lib", *wheels])

    def tell(self, text: str) -> None:
        """Adds to the log that goes with the report."""
        if self.log is not None:
            with self.log.open("a") as file:
                file.write(f"{text}\n")

    def run_python(self, module: str, *words: str, doing: str) -> str:
        """What the module prints."""
        try:
            done = subprocess.run(
                [self.python, "-m", module, *words], cwd=self.bundle,
                env=surroundings.clean(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                check=False, timeout=self.left(doing))
        except subprocess.TimeoutExpired:
            raise OutOfTime(doing) from None
        if done.returncode != 0:
            raise RuntimeError(f"{doing}: {done.stderr[-800:]}")
        return done.stdout

    def has_flag(self, flag: str) -> bool:
        if flag not in self.known:
            done = subprocess.run(
                [self.server, "--help"], env=self.environment(), text=True,
                stdout=subprocess.PIPE, check=True, timeout=60)
            self.known[flag] = bool(
                re.search(rf"^ +{flag}\b", done.stdout, re.M))
        return self.known[flag]

    def has_setting(self, key: str) -> bool:
        """Whether the server knows a key of a model's parameters: it is among
        the binary's texts then, or the CUDA module's."""
        if key not in self.known:
            module = self.server.with_name(names.CUDA_MODULE)
            self.known[key] = any(
                key.encode() in file.read_bytes()
                for file in (self.server, module) if file.exists())
        return self.known[key]

    def amount(self, full: float, quick: float) -> float:
        return quick if self.quick else full
