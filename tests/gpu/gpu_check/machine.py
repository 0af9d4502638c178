"""What the report says about the machine."""

import os
import platform
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ASKED = {
    "GPU": "name", "driver": "driver_version",
    "GPU memory": "memory.total", "SM clock": "clocks.sm",
    "most SM clock": "clocks.max.sm", "memory clock": "clocks.mem",
    "power limit": "power.limit", "temperature": "temperature.gpu",
}


def describe(torch: Mapping[str, Any], device: str, bundle: Path
             ) -> dict[str, Any]:
    """`torch`: what that Python's says of itself."""
    return {
        "bundle": _commit(bundle),
        "date": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "device": device,
        **ask_driver(),
        "GPUs": torch["gpus"],
        "torch": f"{torch['version']}, CUDA {torch['cuda']}, "
                 f"cuDNN {torch['cudnn']}",
        "python": platform.python_version(),
        "C library": " ".join(platform.libc_ver()),
        "processors": len(os.sched_getaffinity(0)),
        "processor": processor(),
        "kernel": platform.release(),
    }


def ask_driver() -> dict[str, str]:
    """Of the first GPU; empty where nvidia-smi does not answer."""
    try:
        done = subprocess.run(
            ["nvidia-smi", f"--query-gpu={','.join(_ASKED.values())}",
             "--format=csv,noheader"], text=True, timeout=30, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return {}
    first = done.stdout.splitlines()[:1]
    return {name: value.strip() for line in first for name, value in
            zip(_ASKED, line.split(","), strict=False)}


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit(bundle: Path) -> str:
    return (bundle / "CONTENTS").read_text().splitlines()[0]
