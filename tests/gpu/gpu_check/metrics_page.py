"""Reads a server's page of metrics."""

import re
from dataclasses import dataclass

_LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.M)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class MetricsPage:
    text: str

    def sum(self, name: str, **labels: str) -> float | None:
        """Of the series that have these labels; None where none has."""
        values = [
            float(value)
            for found, given, value in _LINE.findall(self.text)
            if found == name
            and labels.items() <= dict(_LABEL.findall(given)).items()
        ]
        return sum(values) if values else None
