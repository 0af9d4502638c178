"""What a command does in one line, read from its source without importing
it."""

from __future__ import annotations

import ast
import importlib.util
import sys
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import EntryPoint


def short_help(point: EntryPoint) -> str:
    """The first sentence of the docstring of the function behind `point`, or
    what is the matter with it."""
    spec = find_module(point.module)
    if spec is None or spec.origin is None:
        return f"(broken: no module {point.module})"
    try:
        with open(spec.origin, "rb") as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError) as error:
        return f"(broken: {error})"
    text = docstring_of(tree, point.attr) or ast.get_docstring(tree) or ""
    return first_sentence(text)


def find_module(name: str) -> ModuleSpec | None:
    """Where a module lies. Unlike importlib.util.find_spec this imports no
    package on the way."""
    top, *rest = name.split(".")
    spec = importlib.util.find_spec(top)
    for part in rest:
        if spec is None or spec.submodule_search_locations is None:
            return None
        # A package that is imported may have extended its path, as ours does.
        imported = getattr(sys.modules.get(spec.name), "__path__", None)
        places = imported or spec.submodule_search_locations
        spec = PathFinder.find_spec(f"{spec.name}.{part}", list(places))
    return spec


def docstring_of(tree: ast.Module, function: str) -> str | None:
    """The docstring of a function at the top level of a module."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name == function:
            return ast.get_docstring(node)
    return None


def first_sentence(text: str) -> str:
    paragraph = " ".join(text.split("\n\n")[0].split())
    return paragraph.split(". ")[0].rstrip(".")
