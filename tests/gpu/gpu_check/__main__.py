"""The GPU check; check.sh finds the Python that runs it.

Exit codes: 0 all goals met, 1 one missed or something wrong, 2 a wrong call,
77 no GPU.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from gpu_check import machine, names, runner, surroundings
from gpu_check.context import Check
from gpu_check.goals import SECTIONS
from gpu_check.report import Report

NO_GPU = 77
_TORCH = "2.11."
_PROBE = """
import json, torch
fault = ""
try:
    if torch.cuda.device_count():
        torch.ones(1, device="cuda").sum().item()
except Exception as error:
    fault = str(error)[:300]
print(json.dumps({"version": torch.__version__, "folder": torch.__path__[0],
                  "cuda": torch.version.cuda,
                  "cudnn": torch.backends.cudnn.version(),
                  "gpus": torch.cuda.device_count(), "fault": fault}))
"""


def main() -> int:
    begin, flags = time.monotonic(), _flags()
    # A core of a server with a GPU has gigabytes, and takes a minute.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Servers end and models go when the check is cut off, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    torch = _ask_torch()
    if not torch["version"].startswith(_TORCH):
        return _refuse(1, f"{sys.executable} has torch {torch['version']}, "
                          f"the server needs {_TORCH}x; say --python")
    if flags.device != "cpu" and torch["fault"]:
        return _refuse(1, "torch sees a GPU and cannot use it: "
                          f"{torch['fault']}")
    if flags.device != "cpu" and not torch["gpus"]:
        return _refuse(NO_GPU, "no GPU that torch can see; --device cpu makes "
                               "a dry run")
    bundle = Path(__file__).resolve().parents[1]
    device = "cpu" if flags.device == "cpu" else "cuda"
    log = flags.out / "check.log"
    log.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(prefix="gpu-check-") as work:
        check = Check(bundle, sys.executable, Path(torch["folder"]), device,
                      flags.quick, Path(work), flags.sanitizer,
                      log)
        fault = _fault(check)
        if fault:
            return _refuse(1, fault)
        report = Report(machine.describe(torch, device, bundle), check.dry)
        runner.run_all(check, report, flags.only or SECTIONS,
                       begin + flags.seconds, flags.out)
    print(report.summary())
    print(f"report: {flags.out}/report.md, report.json, and the servers' logs "
          "in check.log")
    return report.exit_code()


def _ask_torch() -> dict[str, Any]:
    """In a process of its own: this one keeps no GPU busy."""
    probe = subprocess.run(
        [sys.executable, "-c", _PROBE], check=True, text=True,
        env=surroundings.clean(), stdout=subprocess.PIPE, timeout=120)
    return json.loads(probe.stdout)


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="check.sh", allow_abbrev=False)
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"),
                        default="auto", help="cpu: a dry run")
    parser.add_argument("--quick", action="store_true",
                        help="tiny models and short loads")
    parser.add_argument("--out", type=Path, default=Path("gpu-report"))
    parser.add_argument("--seconds", type=float,
                        default=runner.LIMIT_SECONDS,
                        help="for all; what is left then is skipped")
    parser.add_argument("--only", nargs="+", choices=SECTIONS,
                        help="sections; the goals of others stay unmet")
    parser.add_argument("--sanitizer", type=Path, metavar="PATH",
                        help="compute-sanitizer, where it is not found")
    flags = parser.parse_args()
    if flags.sanitizer and not (flags.sanitizer.is_file()
                                and os.access(flags.sanitizer, os.X_OK)):
        parser.error(f"--sanitizer: {flags.sanitizer} is no program")
    return flags


def _fault(check: Check) -> str:
    """Why nothing can be checked."""
    for program in (check.server, check.load):
        try:
            subprocess.run([program, "--version"], text=True, check=True,
                           env=check.environment(), timeout=60,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or error
            return f"{program} does not run here: {said}".strip()
    if check.dry:
        return ""
    if not check.server.with_name(names.CUDA_MODULE).exists():
        return (f"the bundle has no {names.CUDA_MODULE} and is for dry runs "
                "only: `make gpu-bundle` again where it is built")
    if not check.has_flag(names.DEVICE_FLAG):
        return f"sconce-server has no {names.DEVICE_FLAG}: it uses no GPU"
    return ""


def _refuse(code: int, why: str) -> int:
    word = "SKIPPED" if code == NO_GPU else "FAILED"
    print(f"GPU check {word}: {why}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
