"""A finding as text and as JSON."""

import textwrap
from collections.abc import Iterator
from typing import Any

from sconce.check.finding import Finding, TensorInfo

SHOWN = 20


def to_lines(path: str, found: Finding, show_all: bool) -> Iterator[str]:
    """What a person reads; nothing is wrapped."""
    yield f"{path}: {printable(found.title)}"
    yield f"  {verdict(found)}"
    yield from (f"  problem: {printable(each)}" for each in found.problems)
    yield from (
        f"  {printable(name)}: {printable(value)}"
        for name, value in found.facts.items()
        if value
    )
    if found.tensors:
        yield from _tensor_lines(found, show_all)
    if found.advice:
        yield f"  next: {printable(found.advice)}"
    if found.factory:
        yield ""
        yield textwrap.indent(found.factory.rstrip(), "    ")
        yield ""
    if found.command:
        yield f"    {found.command}"


def verdict(found: Finding) -> str:
    if found.servable:
        return "Sconce can serve it"
    return "Sconce cannot serve it"


def _tensor_lines(found: Finding, show_all: bool) -> Iterator[str]:
    yield (
        f"  parameters: {found.elements:,}, {found.bytes:,} bytes, tensors: "
        f"{len(found.tensors):,}"
    )
    shown = found.tensors if show_all else found.tensors[:SHOWN]
    names = [printable(each.name) or "(no name)" for each in shown]
    width = min(48, max(map(len, names)))
    for name, tensor in zip(names, shown, strict=True):
        yield f"    {name:<{width}}  {type_text(tensor)}"
    if len(shown) < len(found.tensors):
        more = len(found.tensors) - len(shown)
        yield f"    and {more:,} more; --all shows them"


def type_text(tensor: TensorInfo) -> str:
    return f"{tensor.dtype}[{','.join(map(str, tensor.shape))}]"


def printable(text: str) -> str:
    """A file's own words cannot move the cursor or begin a new line."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}"
                   for c in text)


def to_json(path: str, found: Finding) -> dict[str, Any]:
    """What a program reads; models/doc/checking.md has the fields."""
    return {
        "file": path,
        "kind": str(found.kind),
        "title": found.title,
        "servable": found.servable,
        "problems": found.problems,
        "facts": found.facts,
        "parameters": found.elements,
        "bytes": found.bytes,
        "tensors": [
            {"name": t.name, "dtype": t.dtype, "shape": list(t.shape)}
            for t in found.tensors
        ],
        "next": {
            "advice": found.advice,
            "factory": found.factory,
            "command": found.command,
        },
    }
