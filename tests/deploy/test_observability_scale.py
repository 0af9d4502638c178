"""The figures of doc/scale.md about metrics, held against a real scrape."""

import re
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client.samples import Sample

import expressions
from observed import binary, scrape
from sconce_support.admin import Scrape

__all__ = ["binary", "scrape"]

TEXT = (expressions.DEPLOY / "doc/scale.md").read_text()
# What comes and goes with what a model is and is asked, as the page counts it:
# codes that requests end with, and methods that may be batched.
CODES, METHODS = 3, 1
VARYING = {"sconce_requests_total", "sconce_batching_rows"}


def samples(scrape: Scrape) -> Iterator[Sample]:
    for family in scrape.families.values():
        yield from family.samples


def of_a_model(scrape: Scrape) -> list[Sample]:
    """Every series of a version that was asked, but for those."""
    wanted = {"model": "reloaded", "version": "1"}
    return [
        sample
        for sample in samples(scrape)
        if wanted.items() <= sample.labels.items()
        and sample.name not in VARYING
    ]


def told() -> tuple[int, int]:
    found = re.search(
        r"\*\*(\d+) series of its own and (\d+) for each model version", TEXT
    )
    assert found
    return int(found[1]), int(found[2])


def test_a_replica_has_as_many_series_as_the_plan_says(scrape: Scrape) -> None:
    own = [
        sample
        for sample in samples(scrape)
        if "model" not in sample.labels
        and sample.name != "sconce_rejected_requests_total"
    ]
    of_one = len(of_a_model(scrape)) + CODES + METHODS
    assert (len(own), of_one) == told()


@pytest.mark.parametrize("models", [1, 10, 100])
def test_the_table_of_series_is_that_many(models: int) -> None:
    own, each = told()
    row = re.search(rf"^\| {models} \|(.*)\|$", TEXT, re.M)
    assert row
    figures = [int(cell.replace(",", "")) for cell in row[1].split("|")]
    for replicas, figure in zip((10, 100, 1000), figures, strict=True):
        assert figure == pytest.approx(replicas * (own + models * each), rel=0.01)


def drops(rule: dict, sample: Sample) -> bool:
    """As Prometheus relabels: the whole of what is joined has to match."""
    labels = {**sample.labels, "__name__": sample.name}
    joined = rule.get("separator", ";").join(
        labels.get(label, "") for label in rule["source_labels"]
    )
    return re.fullmatch(rule["regex"], joined) is not None


def test_what_the_plan_drops_is_there_and_as_much_as_it_says(
    scrape: Scrape,
) -> None:
    block = re.search(r"```yaml\n(\s*metric_relabel.*?)```", TEXT, re.S)
    left = re.search(r"That leaves (\d+) of the (\d+)", TEXT)
    assert block and left
    rules = yaml.safe_load(block[1])["metric_relabel_configs"]
    kept = [
        sample
        for sample in of_a_model(scrape)
        if not any(drops(rule, sample) for rule in rules)
    ]
    assert len(kept) + CODES + METHODS == int(left[1])
    assert told()[1] == int(left[2])
