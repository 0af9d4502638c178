"""Whatever is asked of the metrics, in rules, on the dashboard, by autoscalers
and on pages, is there to be asked: the real server's /metrics decides."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import yaml

import expressions
import promql
import promtool
from expressions import Found
from observed import (
    binary,
    device_binary,
    exported_labels,
    scrape,
    scrape_with_devices,
)
from sconce_support.admin import Scrape
from sconce_support.tools import installed, output_of, run

__all__ = ["binary", "device_binary", "scrape", "scrape_with_devices"]

Labels = dict[str, set[str]]

# Names that autoscalers give to recorded figures.
ADAPTED = {"sconce_pod_queue_seconds", "sconce_pod_queued_requests"}


@pytest.fixture(scope="module")
def known(scrape: Scrape, scrape_with_devices: Scrape) -> Labels:
    """The labels of every metric, scraped, recorded or of others."""
    exported = {
        **exported_labels(scrape_with_devices),
        **exported_labels(scrape),
    }
    labels = {
        name: found | set(expressions.TARGET)
        for name, found in exported.items()
    }
    labels |= expressions.OTHERS
    for rule in expressions.recordings():
        asked = promql.parse(rule["expr"])
        found = asked.grouped | set(rule.get("labels", {}))
        for selector in asked.selectors:
            if selector.metric.startswith("sconce:"):
                found |= labels[selector.metric]
        labels.setdefault(rule["record"], set()).update(found)
    return labels


def faults_of(found: Found, known: Labels) -> Iterator[str]:
    """What the query names and nobody exports."""
    asked = promql.parse(found.text)
    available: set[str] = set()
    for selector in asked.selectors:
        metrics = selector.metrics(set(known))
        if not metrics or not metrics <= set(known):
            yield f"{found.where}: no metric {selector}"
            continue
        labels = set().union(*(known[metric] for metric in metrics))
        wanted = {m.label for m in selector.matchers} - {"__name__"}
        if wanted - labels:
            yield f"{found.where}: {selector} has no {wanted - labels}"
        available |= labels
    available |= set(re.findall(r'label_replace\([^"]*"(\w+)"', found.text))
    named = asked.grouped | set(re.findall(r"{{(\w+)}}", found.legend))
    if named - available:
        yield f"{found.where}: nothing has {named - available}"


@pytest.mark.parametrize("source", expressions.SOURCES)
def test_every_metric_and_label_is_exported(known: Labels, source: str) -> None:
    queries = list(expressions.SOURCES[source]())
    assert queries
    faults = [fault for query in queries for fault in faults_of(query, known)]
    assert faults == []


@pytest.mark.parametrize(
    "file", expressions.RULE_TESTS, ids=lambda file: file.stem
)
def test_what_the_rules_are_tested_with_is_exported(
    known: Labels, file: Path
) -> None:
    series = [
        Found(file.name, series["series"])
        for test in yaml.safe_load(file.read_text())["tests"]
        for series in test["input_series"]
    ]
    faults = [fault for each in series for fault in faults_of(each, known)]
    assert faults == []


def test_every_query_gives_numbers(
    scrape: Scrape, scrape_with_devices: Scrape, tmp_path: Path
) -> None:
    """Which a misspelt value of a label, or labels by which nothing can be
    matched, would not; and promtool takes none that is not PromQL."""
    queries = [rule["record"] for rule in expressions.recordings()]
    for source in ("dashboard", "variables", "autoscaling", "pages"):
        queries += [found.text for found in expressions.SOURCES[source]()]
    series = promtool.series_of(scrape) + promtool.series_of_others()
    series += [
        each
        for each in promtool.series_of(scrape_with_devices)
        if each["series"].startswith("sconce_device_")
    ]
    # Refusals that a test cannot have on demand.
    like = next(s for s in series if 'code="OK"' in s["series"])
    for code in ("RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"):
        name = like["series"].replace('code="OK"', f'code="{code}"')
        series.append({**like, "series": name})
    file = tmp_path / "evaluation.yaml"
    promtool.write_evaluation(file, series, queries)
    done = promtool.promtool("test", "rules", file)
    assert done.returncode == 0, output_of(done)


def test_what_is_wrong_with_this_server_is_told(
    scrape: Scrape, tmp_path: Path
) -> None:
    """The alerts that fire for it are those of its two broken files."""
    file = tmp_path / "firing.yaml"
    promtool.write_evaluation(file, promtool.series_of(scrape), [])
    test = yaml.safe_load(file.read_text())
    names = "SconceModelUnavailable|SconceReloadFailed|SconceNoReadyReplica"
    test["tests"][0]["promql_expr_test"] = [
        {
            "expr": f'count by (alertname, model) (ALERTS{{alertname=~"{names}"'
            ', alertstate="firing"})',
            "eval_time": "30m",
            "exp_samples": [
                {
                    "labels": '{alertname="SconceModelUnavailable", '
                    'model="broken"}',
                    "value": 1,
                },
                {
                    "labels": '{alertname="SconceReloadFailed", '
                    'model="reloaded"}',
                    "value": 1,
                },
            ],
        }
    ]
    file.write_text(yaml.safe_dump(test, sort_keys=False))
    done = promtool.promtool("test", "rules", file)
    assert done.returncode == 0, output_of(done)


def test_the_classes_of_errors_have_every_code_once() -> None:
    codes = [
        code
        for rule in expressions.recordings()
        if rule["record"] == "sconce:request_errors:rate5m"
        for selector in promql.parse(rule["expr"]).selectors
        for matcher in selector.matchers
        for code in matcher.value.split("|")
    ]
    assert sorted([*codes, "OK"]) == sorted(c.name for c in grpc.StatusCode)


def test_variables_are_labels_of_what_they_are_taken_from(
    known: Labels,
) -> None:
    for found in expressions.of_variables():
        (selector,) = promql.parse(found.text).selectors
        assert found.label in known[selector.metric]


def test_promtool_finds_no_fault_in_the_metrics(
    scrape: Scrape, scrape_with_devices: Scrape
) -> None:
    program = installed("prometheus", "debian") / "bin/promtool"
    for text in (scrape.text, scrape_with_devices.text):
        done = run([program, "check", "metrics"], text_in=text)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_page_of_metrics_has_all_of_them_and_no_others(
    scrape: Scrape, scrape_with_devices: Scrape
) -> None:
    page = (expressions.ROOT / "server/doc/metrics.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    told = {
        name: {label.strip() for label in row.split("|")[3].split(",")} - {""}
        for row in rows
        for name in re.findall(r"`([a-z_]+)`", row.split("|")[1])
    }
    exported = {
        **exported_labels(scrape),
        **exported_labels(scrape_with_devices),
    }
    families = {
        re.sub("_(bucket|sum|count)$", "", name): labels - {"le"}
        for name, labels in exported.items()
    }
    assert told == families


def test_a_metric_that_a_page_names_is_there(known: Labels) -> None:
    """In its prose and commands, too."""
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in known}
    for page in expressions.pages():
        named = re.findall(
            r"\b(?:sconce:\w+:\w+|(?:sconce|process|kube|container|DCGM)_\w+)",
            page.read_text(),
        )
        unknown = set(named) - set(known) - families - ADAPTED
        assert not unknown, page


def test_the_dashboard_is_what_its_panels_make() -> None:
    script = expressions.DEPLOY / "grafana/make_dashboard.py"
    done = run([script, "--print"])
    assert done.returncode == 0, output_of(done)
    assert done.stdout == expressions.DASHBOARD.read_text(), (
        f"run {script.relative_to(expressions.ROOT)}"
    )


def test_panels_have_numbers_and_places_of_their_own() -> None:
    panels = json.loads(expressions.DASHBOARD.read_text())["panels"]
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    numbers = [p["id"] for p in panels]
    numbers += [inside["id"] for p in panels for inside in p.get("panels", [])]
    assert len(numbers) == len(set(numbers))
