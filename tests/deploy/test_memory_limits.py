"""The chart keeps models and runs within the memory that a pod may use."""

from collections.abc import Callable

import pytest

from helm import Manifest
from manifests import flags, server
from variants import VARIANTS

Rendered = Callable[[str], list[Manifest]]

MIB = 2**20
OWN = 256 * MIB  # the server's
UNITS = {"Gi": 2**30, "Mi": MIB, "G": 10**9, "MiB": MIB, "GiB": 2**30}

# Cores of each, as a server counts them.
LANES = {
    "defaults": 2,
    "cpu": 4,
    "gpu": 4,
    "mig": 2,
    "one-node": 2,
    "half-a-core": 1,
}


def bytes_of(text: str) -> int:
    number = text.rstrip("GMKiB")
    return int(number) * UNITS[text.removeprefix(number)]


@pytest.mark.parametrize("name", LANES)
def test_models_and_runs_fit_into_the_limit(
    rendered: Rendered, name: str
) -> None:
    container = server(rendered(name))
    given = flags(container)
    limit = bytes_of(container["resources"]["limits"]["memory"])
    models = bytes_of(given["--max-model-memory"])
    runs = LANES[name] * bytes_of(given["--max-request-memory"])
    waiting = limit - OWN - models - runs
    # A few MiB are lost to whole ones.
    rest = (limit - OWN) // 4 - 8 * MIB
    assert models >= 2 * rest and runs >= rest and waiting >= rest


def test_what_is_given_stays_and_the_rest_is_divided(
    rendered: Rendered,
) -> None:
    given = flags(server(rendered("own-limits")))
    assert given["--max-request-memory"] == "64 MB"
    # Of 2 GiB - 256 MiB - 2 runs of 64 MiB two thirds.
    assert given["--max-model-memory"] == "1109MiB"


def test_lanes_with_threads_are_counted_as_lanes(rendered: Rendered) -> None:
    """Of 2 GiB - 256 MiB - 1 GiB half, in four lanes of `4x2`."""
    given = flags(server(rendered("flags")))
    assert given["--max-model-memory"] == "1GiB"
    assert given["--max-request-memory"] == "96MiB"


@pytest.mark.parametrize("name", ["no-limit-of-cores", "no-own-limits"])
def test_without_a_number_of_lanes_nothing_is_reckoned(
    rendered: Rendered, name: str
) -> None:
    """The server's own defaults hold, or what was said."""
    ours = set(VARIANTS[name].get("config", {}))
    given = server(rendered(name))["args"]
    assert not any(each.startswith("--max-model-memory=1") for each in given)
    asked = any(each.startswith("--max-request-memory") for each in given)
    assert asked == ("max-request-memory" in ours)
