"""A hash of all that decides what a model's archive contains."""

import ast
import hashlib
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
# What takes part in every export.
_WRITERS = ("models.zoo.repository", "models.zoo.entry")
_EXPORTER = ("models/sconce/export", "models/sconce/archive")


def fingerprint(factory: Callable[..., object]) -> str:
    """Of the factory's module, what it imports, and the exporter.

    Files of the zoo count with their content, installed packages with their
    version. A module that makes use of a package without importing it names
    it in `PACKAGES`.
    """
    digest = hashlib.sha256(_of_exporter() + sys.version.encode())
    files, packages = imports((factory.__module__, *_WRITERS))
    packages |= getattr(sys.modules[factory.__module__], "PACKAGES", set())
    for path in sorted(files):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    for package in sorted(packages):
        digest.update(f"{package} {_version(package)}\n".encode())
    return digest.hexdigest()[:16]


def imports(modules: tuple[str, ...]) -> tuple[set[Path], set[str]]:
    """Files of the zoo and top-level names of packages, transitively."""
    files: set[Path] = set()
    packages: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        path = _ROOT / f"{module.replace('.', '/')}.py"
        if not module.startswith("models.zoo."):
            packages.add(module.partition(".")[0])
        elif path.is_file() and path not in files:
            files.add(path)
            waiting += _imported_by(path)
    return files, packages - sys.stdlib_module_names - {"models", "sconce"}


def _imported_by(path: Path) -> Iterator[str]:
    # Not only at the top: large packages are imported where they are needed.
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@cache
def _of_exporter() -> bytes:
    digest = hashlib.sha256()
    for folder in _EXPORTER:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.digest()


@cache
def _version(package: str) -> str:
    names = _distributions().get(package, [package])
    return " ".join(f"{name} {version(name)}" for name in sorted(set(names)))


_distributions = cache(packages_distributions)
