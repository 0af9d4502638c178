"""The chart's rendering."""

import json
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import yaml

from sconce_support.tools import output_of, run

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy/helm/sconce"

SCHEMA: dict[str, Any] = json.loads((CHART / "values.schema.json").read_text())

# Distinct from every other word of a manifest.
NAMESPACE = "q-space"

Manifest = dict[str, Any]
Values = dict[str, Any]


def parse(text: str) -> list[Manifest]:
    documents = yaml.load_all(text, yaml.CSafeLoader)
    return [each for each in documents if each]


@dataclass(frozen=True)
class Helm:
    """The program; each method runs it once. Thread-safe."""

    program: Path

    def run(self, *arguments: str | Path) -> CompletedProcess[str]:
        return run([self.program, *arguments])

    def try_template(
        self,
        values: Values,
        release: str = "r",
        namespace: str = NAMESPACE,
        *,
        chart: Path = CHART,
        options: tuple[str, ...] = (),
    ) -> CompletedProcess[str]:
        place = ("--namespace", namespace, "--values", "/dev/stdin")
        command = [self.program, "template", release, chart, *place, *options]
        return run(command, text_in=json.dumps(values))

    def template(
        self, values: Values, *where: str, chart: Path = CHART
    ) -> list[Manifest]:
        """What would be applied; `where` is the release and the namespace."""
        done = self.try_template(values, *where, chart=chart)
        assert done.returncode == 0, output_of(done)
        return parse(done.stdout)

    def refusal(self, values: Values) -> str:
        """Why the chart does not take them."""
        done = self.try_template(values)
        assert done.returncode != 0, f"{values} was taken"
        return done.stderr
