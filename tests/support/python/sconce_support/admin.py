"""The server's HTTP pages: fetched, and /metrics parsed."""

import json
import urllib.error
import urllib.request
from typing import Any

from prometheus_client import Metric
from prometheus_client.parser import text_string_to_metric_families

_SECONDS = 10.0


def get(address: str, path: str) -> tuple[int, str]:
    """Status code and body of a page, whatever the status is."""
    try:
        with urllib.request.urlopen(
            f"http://{address}{path}", timeout=_SECONDS
        ) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def get_json(address: str, path: str) -> Any:
    status, body = get(address, path)
    assert status == 200, f"{path}: {status} {body}"
    return json.loads(body)


class Scrape:
    """One reading of /metrics."""

    def __init__(self, address: str) -> None:
        status, self.text = get(address, "/metrics")
        assert status == 200, f"/metrics: {status} {self.text}"
        self.families: dict[str, Metric] = {
            family.name: family
            for family in text_string_to_metric_families(self.text)
        }

    def value(self, sample_name: str, **labels: str) -> float:
        """The sum of the samples of this name that carry these labels.

        0 without any: a series may appear with its first event.
        """
        return sum(
            sample.value
            for family in self.families.values()
            for sample in family.samples
            if sample.name == sample_name
            and labels.items() <= sample.labels.items()
        )
