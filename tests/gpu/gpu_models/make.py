"""Makes the models: TorchScript archives, examples with the right answers
from eager PyTorch on the CPU, and a list of them for gpu_check.

    python -m gpu_models.make DIR [--quick] [--without-half]

DIR gets <model>.pt, <model>.inputs.npz, <model>.expect.npz, <model>.row.npz
(one row, for load) and models.json.
"""

import argparse
import json
import warnings
from pathlib import Path
from typing import Any

import numpy
import torch
from torch import Tensor

from gpu_models.catalogue import HALF, MAKERS, Entry
from gpu_models.scale import FULL, QUICK

_TYPES = {
    torch.float32: "TYPE_FP32",
    torch.int64: "TYPE_INT64",
    torch.uint8: "TYPE_UINT8",
}


def main() -> None:
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--without-half", action="store_true")
    flags = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    warnings.filterwarnings("ignore", category=FutureWarning)
    flags.folder.mkdir(parents=True, exist_ok=True)
    made = {}
    with torch.no_grad():
        for maker in MAKERS:
            for entry in maker(QUICK if flags.quick else FULL):
                if not (flags.without_half and _is_half(entry)):
                    made[entry.name] = _write(entry, flags.folder)
    (flags.folder / "models.json").write_text(json.dumps(made, indent=1))


def _write(entry: Entry, folder: Path) -> dict[str, Any]:
    expected = entry.reference(**entry.inputs)
    torch.jit.script(entry.module).save(str(folder / f"{entry.name}.pt"))
    _save(folder / f"{entry.name}.inputs.npz", entry.inputs)
    _save(folder / f"{entry.name}.expect.npz", {"y": expected})
    row = {name: values[:1] for name, values in entry.inputs.items()}
    _save(folder / f"{entry.name}.row.npz", row)
    return {
        "max_batch": entry.max_batch,
        "tolerance": entry.tolerance,
        "example_rows": len(expected),
        "inputs": [
            _spec(name, values, entry)
            for name, values in entry.inputs.items()
        ],
        "outputs": [_spec("y", expected, entry)],
    }


def _spec(name: str, values: Tensor, entry: Entry) -> dict[str, Any]:
    dims = [-1 if entry.open_sizes else size for size in values.shape[1:]]
    if entry.max_batch == 0:
        dims = [-1, *dims]
    return {"name": name, "type": _TYPES[values.dtype], "dims": dims}


def _save(path: Path, tensors: dict[str, Tensor]) -> None:
    arrays = {name: values.numpy() for name, values in tensors.items()}
    numpy.savez(path, **arrays)


def _is_half(entry: Entry) -> bool:
    return any(p.dtype == HALF for p in entry.module.parameters())


if __name__ == "__main__":
    main()
