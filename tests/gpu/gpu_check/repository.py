"""The models that gpu_models made, laid out to be served."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gpu_check import names
from gpu_check.context import Check

GPU_ONLY = "half precision on a CPU says nothing about a GPU"


@dataclass(frozen=True)
class Model:
    """One that was made, and its examples."""

    name: str
    folder: Path
    max_batch: int
    tolerance: float
    example_rows: int
    inputs: list[dict[str, Any]]
    outputs: list[dict[str, Any]]

    @property
    def archive(self) -> Path:
        return self.folder / f"{self.name}.pt"

    @property
    def example(self) -> Path:
        return self.folder / f"{self.name}.inputs.npz"

    @property
    def expected(self) -> Path:
        return self.folder / f"{self.name}.expect.npz"

    @property
    def row(self) -> Path:
        return self.folder / f"{self.name}.row.npz"

    def entry(self, served_as: str, tolerance: float = 0) -> dict[str, Any]:
        """Of a mix for sconce-load, with the right answers."""
        return {"name": served_as, "model": served_as,
                "npz": str(self.example), "expect": str(self.expected),
                "tolerance": tolerance or self.tolerance}


def make_models(check: Check) -> dict[str, Model]:
    folder = check.work / "models"
    words = ["--quick"] * check.quick + ["--without-half"] * check.dry
    check.run_python("gpu_models.make", str(folder), *words,
                     doing="making the models")
    described = json.loads((folder / "models.json").read_text())
    return {name: Model(name, folder, **rest)
            for name, rest in described.items()}


def serve(
    repository: Path, model: Model, *, name: str = "",
    parameters: Mapping[str, str] | None = None, on_cpu: bool = False,
) -> str:
    """Adds the model to a repository, under a name of its own if given."""
    name = name or model.name
    version = repository / name / "1"
    version.mkdir(parents=True)
    os.link(model.archive, version / "model.pt")
    config = _config(model, name, parameters or {})
    if on_cpu:
        config += "instance_group { kind: KIND_CPU }\n"
    (repository / name / "config.pbtxt").write_text(config)
    return name


def _config(model: Model, name: str, parameters: Mapping[str, str]) -> str:
    lines = [f'name: "{name}"', f"max_batch_size: {model.max_batch}"]
    for field, specs in (("input", model.inputs), ("output", model.outputs)):
        lines += [
            f'{field} {{ name: "{spec["name"]}" data_type: {spec["type"]} '
            f"dims: {spec['dims']} }}" for spec in specs]
    # Rows are independent, and archives without golden examples say nothing.
    trusted = {names.BATCHING: "trusted"} if model.max_batch else {}
    lines += [
        f'parameters {{ key: "{key}" value {{ string_value: "{value}" }} }}'
        for key, value in {**trusted, **parameters}.items()]
    return "\n".join(lines) + "\n"
