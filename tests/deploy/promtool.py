"""promtool, on rules and series of our own making."""

import json
from collections.abc import Iterable
from pathlib import Path
from subprocess import CompletedProcess

import yaml

import expressions
from sconce_support.admin import Scrape
from sconce_support.tools import installed, run

Series = dict[str, str]

SCRAPES = 160  # every 15 s: 40 minutes


def promtool(*arguments: str | Path) -> CompletedProcess[str]:
    return run([installed("prometheus", "debian") / "bin/promtool", *arguments])


def _series(name: str, labels: dict[str, str]) -> str:
    pairs = (f"{key}={json.dumps(value)}" for key, value in labels.items())
    return f"{name}{{{','.join(pairs)}}}"


def series_of(scrape: Scrape) -> list[Series]:
    """As if the server had been scraped again and again: a counter grows by
    what it counted with each scrape, a gauge stays."""
    made = []
    for family in scrape.families.values():
        for sample in family.samples:
            name = _series(sample.name, {**sample.labels, **expressions.TARGET})
            # No exponents: where one ends the notation has an x.
            value = f"{sample.value:.9f}"
            grows = family.type in {"counter", "histogram"}
            values = f"0+{value}" if grows else value
            made.append({"series": name, "values": f"{values}x{SCRAPES}"})
    return made


def series_of_others() -> list[Series]:
    """One of each metric that is not the server's."""
    known = {**expressions.TARGET, "reason": "OOMKilled"}
    return [
        {
            "series": _series(
                name, {label: known.get(label, "x") for label in sorted(labels)}
            ),
            "values": f"0+1x{SCRAPES}" if name.endswith("_total") else
            f"1x{SCRAPES}",
        }
        for name, labels in expressions.OTHERS.items()
    ]


def write_evaluation(
    file: Path, series: list[Series], queries: Iterable[str]
) -> None:
    """A test in which each query has to give at least one number."""
    expected = [{"labels": "{}", "value": 1}]
    cases = [
        {
            "expr": f"count((\n{query}\n) >= 0) > bool 0",
            "eval_time": f"{SCRAPES // 4}m",
            "exp_samples": expected,
        }
        for query in queries
    ]
    test = {
        "rule_files": [str(file) for file in expressions.RULES],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "15s",
                "input_series": series,
                "promql_expr_test": cases,
            }
        ],
    }
    file.write_text(yaml.safe_dump(test, sort_keys=False))
