"""What the pages of deploy/ point to is there: pages, headings, flags."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import expressions
from sconce_support.fixtures import binary
from sconce_support.tools import run

__all__ = ["binary"]

LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The headings' names in links, as forges make them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.M)
    }


def dead_links(page: Path) -> Iterator[str]:
    for link in LINK.findall(page.read_text()):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists():
            yield link
        elif anchor and anchor not in anchors(target):
            yield link


@pytest.mark.parametrize(
    "page",
    expressions.pages(),
    ids=lambda page: str(page.relative_to(expressions.DEPLOY)),
)
def test_links_lead_somewhere(page: Path) -> None:
    assert list(dead_links(page)) == []


def test_flags_that_the_runbook_names_are_the_servers(binary: Path) -> None:
    known = run([binary, "--help"]).stdout
    for page in expressions.RUNBOOK.glob("*.md"):
        for flag in re.findall(r"`(--[a-z-]+)", page.read_text()):
            assert re.search(rf"{flag}\b", known), f"{page.name}: {flag}"


@pytest.mark.parametrize(
    "page",
    sorted(expressions.RUNBOOK.glob("*.md")),
    ids=lambda page: page.stem,
)
def test_commands_work_with_the_charts_names_and_policies(page: Path) -> None:
    """A Deployment is mostly not called as its release, and what comes through
    the API server is not among the peers of networkPolicy.metrics."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.M | re.S)
    commands = "\n".join(blocks)
    assert "/proxy/" not in commands
    assert "deployment/RELEASE" not in page.read_text()
    assert not re.search(r"\b(hpa|deployment) RELEASE", commands)
    for at in re.finditer("localhost:8002", commands):
        assert "port-forward POD 8002" in commands[: at.start()]
