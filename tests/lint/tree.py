"""The files of a checkout that the lints look at, and what they include."""

import pathlib
import re

CXX_ROOTS = ("server", "client", "tests")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)', re.M)


def repository_root() -> pathlib.Path:
    return pathlib.Path(__file__).resolve().parents[2]


def cxx_files(root: pathlib.Path) -> list[pathlib.Path]:
    """Our C++ files, as paths relative to `root`."""
    found = []
    for top in CXX_ROOTS:
        for suffix in ("*.h", "*.cc"):
            found += (root / top).rglob(suffix)
    return sorted(path.relative_to(root) for path in found)


def files_below(root: pathlib.Path, pattern: str) -> list[pathlib.Path]:
    """Files of the source tree that match; build and hidden folders are no
    part of it."""
    found = []
    for path in root.rglob(pattern):
        relative = path.relative_to(root)
        top = relative.parts[0]
        if not (top.startswith("build") or top in (".git", ".venv")):
            found.append(relative)
    return sorted(found)


def includes(root: pathlib.Path, file: pathlib.Path) -> list[tuple[int, str]]:
    """(line, included path) of every #include in `file`."""
    text = (root / file).read_text(encoding="utf-8")
    return [(text.count("\n", 0, match.start(1 if match[1] else 2)) + 1,
             match[1] or match[2])
            for match in INCLUDE.finditer(text)]
