"""The cluster, for all tests, and a space in it for each."""

import re
import signal
from collections.abc import Iterator

import pytest

from lab import image, programs
from lab.cluster import Busy, Cluster
from lab.layout import Layout
from release import Release
from space import Space

# What an automatic test of other projects means by it, too: not run.
CANNOT_RUN = 77


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep-lab", action="store_true",
        help="leave the cluster running, and use the one that is there",
    )


def pytest_configure() -> None:
    """Told to end it cleans up, as a background job too."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    keep = request.config.getoption("--keep-lab")
    try:
        made = Cluster(Layout.default(), programs.find())
        made.claim()
        built = image.archive()
        if not (keep and made.has(built)):
            seconds = made.up(built, outlive_us=keep)
            print(f"\ncluster: up in {seconds:.1f} s")
    except (programs.Unavailable, Busy) as why:
        pytest.exit(f"SKIPPED: no cluster can be had here: {why}", CANNOT_RUN)
    yield made
    if not keep:
        made.down()


@pytest.fixture
def space(
    cluster: Cluster, request: pytest.FixtureRequest
) -> Iterator[Space]:
    """Named after the test."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    made = Space(cluster, unused(cluster, name.removeprefix("test-")[:40]))
    made.create()
    yield made
    made.remove()


def unused(cluster: Cluster, name: str) -> str:
    """A namespace of an earlier run may still be there, with --keep-lab."""
    taken = {each["metadata"]["name"]
             for each in cluster.api.items("/api/v1/namespaces")}
    names = [name, *(f"{name}-{number}" for number in range(2, 1000))]
    return next(each for each in names if each not in taken)


@pytest.fixture
def release(space: Space) -> Release:
    return Release(space)
