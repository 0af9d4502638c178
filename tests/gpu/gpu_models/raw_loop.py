"""What the device can do without a server: the loop that has its inputs in
page-locked memory and hides copies behind computing.

    python -m gpu_models.raw_loop DIR MODEL:B1,B2... --device cuda|cpu
        --seconds 4

DIR is what make.py made, B1 and so on are numbers of rows, the seconds are for
each model. Prints JSON by models' names, a model that fails as {"error"}. For each number of rows b: milliseconds of a copy in, an
execution, and a copy out, each by events around a run of many; `rate` is
b / max of the three (performance.md, 6.1), in rows a second. `pipelined` is
the rate of the best b with all three at once, on three streams: what of it can
be had. `one_ms`: the median of one row's way, there and back, alone.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor

from gpu_models.device_work import CpuWork, CudaWork, Work

# As many in a row between two looks at the clock.
_RUN = 5
_WARM_UPS = 5

Inputs = list[Tensor]


class Loop:
    """A frozen model and an example of it on a device."""

    def __init__(self, model: Path, inputs: Path, work: Work) -> None:
        self.work = work
        module = torch.jit.load(str(model), map_location=work.device).eval()
        self.module = torch.jit.freeze(module)
        # In the order of the model's arguments.
        self.example = [torch.from_numpy(v) for v in numpy.load(inputs).values()]

    def host_rows(self, rows: int) -> Inputs:
        repeated = [
            values[torch.arange(rows) % len(values)] for values in self.example
        ]
        return [self.work.page_locked(values) for values in repeated]

    def measure(self, rows: int, seconds: float) -> dict[str, float]:
        host = self.host_rows(rows)
        device = [self.work.to_device(values) for values in host]
        for _ in range(_WARM_UPS):
            answer = self.module(*device)
        back = self.work.page_locked(torch.empty_like(answer, device="cpu"))
        times = {
            "h2d_ms": self._time(lambda: _copy(host, device), seconds / 4),
            "exec_ms": self._time(lambda: self.module(*device), seconds / 2),
            "d2h_ms": self._time(lambda: _copy([answer], [back]), seconds / 4),
        }
        return {**times, "rate": 1e3 * rows / max(times.values())}

    def pipelined(self, rows: int, seconds: float) -> float:
        """Rows a second; two sets of buffers take turns."""
        hosts = [self.host_rows(rows) for _ in range(2)]
        count, begin = 0, time.perf_counter()
        ring = self.work.ring(self.module, hosts)
        while time.perf_counter() - begin < seconds or count == 0:
            for _ in range(_RUN):
                ring.step()
                count += 1
            ring.catch_up()
        self.work.finish()
        return count * rows / (time.perf_counter() - begin)

    def one_ms(self, seconds: float) -> float:
        host, times = self.host_rows(1), []
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds or len(times) < _WARM_UPS:
            start = time.perf_counter()
            device = [self.work.to_device(values) for values in host]
            self.module(*device).to("cpu")
            times.append(time.perf_counter() - start)
        return 1e3 * statistics.median(times)

    def _time(self, body: Callable[[], Any], seconds: float) -> float:
        """Milliseconds of one `body`: the least of the runs' means."""
        found, begin = [], time.perf_counter()
        while time.perf_counter() - begin < seconds or not found:
            found.append(self.work.milliseconds(body, _RUN) / _RUN)
        return min(found)


def _copy(sources: Inputs, targets: Inputs) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source, non_blocking=True)


def measure(
    folder: Path, name: str, batches: list[int], work: Work, seconds: float
) -> dict[str, Any]:
    loop = Loop(folder / f"{name}.pt", folder / f"{name}.inputs.npz", work)
    share = seconds / (len(batches) + 2)
    found = {rows: loop.measure(rows, share) for rows in batches}
    best = max(found, key=lambda rows: found[rows]["rate"])
    return {"batches": found, "best_batch": best,
            "rate_io": found[best]["rate"],
            "pipelined": loop.pipelined(best, share),
            "one_ms": loop.one_ms(share)}


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", nargs="+")
    parser.add_argument("--device", choices=("cpu", "cuda"), required=True)
    parser.add_argument("--seconds", type=float, required=True)
    flags = parser.parse_args()
    # As in the server (runtime/torch_process.cc): kernels made for each shape
    # cost seconds when shapes change.
    torch._C._jit_set_texpr_fuser_enabled(False)
    work = CudaWork() if flags.device == "cuda" else CpuWork()
    report = {}
    for word in flags.model:
        name, _, batches = word.partition(":")
        rows = [int(each) for each in batches.split(",")]
        try:
            with torch.inference_mode():
                report[name] = measure(flags.folder, name, rows, work,
                                       flags.seconds)
        except Exception as error:
            report[name] = {"error": str(error)[-300:]}
    print(json.dumps(report))


if __name__ == "__main__":
    main()
