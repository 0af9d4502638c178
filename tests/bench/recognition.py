"""What it costs to tell that a large file is no model.

Anything may lie in a repository. Each file here has the size of a large
model; all but the beginning is a hole, which reads as zeros.
"""

import argparse
import json
import random
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import report
from contenders import RunFailed

NAME = "recognition"

_SIZE = 1 << 30
_HEAD = 1 << 20
_SECONDS = 60
_MILLISECONDS_GOAL = 50.0
_MEGABYTES_GOAL = 5.0
# What torch.save wrote first, before PyTorch 1.6: a pickle of a number.
_TORCH_SAVE = b"\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20j\xa8P\x19."
# Readers that go by the first bytes read on after these.
_HEADS: Mapping[str, bytes] = {
    "zeros": b"",
    "random": random.Random(0).randbytes(_HEAD),
    # Of a zip archive, without an end.
    "zip": b"PK\3\4" + random.Random(1).randbytes(_HEAD),
    "torch_save": _TORCH_SAVE,
    # A second pickle, of as many empty lists as will be read.
    "torch_save_lists": _TORCH_SAVE + b"\x80\x02" + b"]" * (16 * _HEAD),
    "pickle": b"\x80\x04" + random.Random(2).randbytes(_HEAD),
    # Fields of protobuf, as ONNX has them, of no bytes each.
    "protobuf": b"\x12\x00" * (_HEAD // 2),
    "safetensors": (2).to_bytes(8, "little") + b"{}",
}


def measure(options: argparse.Namespace) -> list[report.Row]:
    made = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, head in _HEADS.items():
            path = Path(folder) / kind
            _write(path, head)
            rounds = range(options.rounds)
            seen = [_recognize(options.bin, path) for _ in rounds]
            made += _report(f"{NAME}_{kind}", seen)
    return made


def _write(path: Path, head: bytes) -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(_SIZE)


def _recognize(binaries: Path, path: Path) -> dict[str, Any]:
    """A process for each, which has read nothing before."""
    command = [str(binaries / "sconce-bench-recognize"), "--file", str(path)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_SECONDS
    )
    if done.returncode != 0:
        raise RunFailed(f"{' '.join(command)}\n{done.stderr}")
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def _report(scenario: str, seen: list[dict[str, Any]]) -> list[report.Row]:
    print(f"\n{scenario}: {seen[0]['answer']}")
    made = []
    for metric, unit, goal in (
        ("wall", "ms", _MILLISECONDS_GOAL),
        ("cpu", "ms", _MILLISECONDS_GOAL),
        ("memory", "MB", _MEGABYTES_GOAL),
    ):
        values = [each[f"{metric}_{unit.lower()}"] for each in seen]
        print(report.line(metric, values, goal, at_most=True), flush=True)
        made += report.spread(
            scenario, metric, values, unit, goal, at_most=True)
    return made
