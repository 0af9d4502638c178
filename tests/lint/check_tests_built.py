#!/usr/bin/env python3
"""Checks that no test file is forgotten: every *_test.cc is built by a
CMakeLists.txt under tests/, every test_*.py lies in a folder that
run_tests.py hands to pytest.

    check_tests_built.py [ROOT]      exit status 1 when there is a fault
"""

import ast
import pathlib
import re
import sys

import tree


HERE = re.compile(r"\$\{(CMAKE_CURRENT_SOURCE_DIR|CMAKE_CURRENT_LIST_DIR)\}/")
TOP = re.compile(r"\$\{(PROJECT|CMAKE)_SOURCE_DIR\}/")


def words_of(text: str) -> list[str]:
    """Every word of a CMakeLists.txt that is not in a comment."""
    return re.findall(r'[^\s()"]+', re.sub(r"#.*", "", text))


def pattern_of(word: str, folder: str) -> re.Pattern:
    """The paths, from the repository's root, that a word of the
    CMakeLists.txt in `folder` stands for. What a variable stands for is in
    the match's groups."""
    word = HERE.sub("", word)
    path = TOP.sub("", word) if TOP.match(word) else f"{folder}/{word}"
    parts = re.split(r"(\*|\$\{\w+\})", path)
    kinds = {"*": "[^/]*", "$": "(.+)"}
    return re.compile("".join(kinds.get(part[:1], re.escape(part))
                              for part in parts) + "$")


def builds(text: str, folder: str, test: str) -> bool:
    words = words_of(text)
    if "GLOB_RECURSE" in words:
        test = f"{folder}/{test.rsplit('/', 1)[1]}"
    for word in words:
        found = pattern_of(word, folder).match(test)
        # A variable of a function holds one of the words it is called with.
        if (found and word.endswith("_test.cc")
                and all(value in words for value in found.groups())):
            return True
    return False


def forgotten_cxx(root: pathlib.Path) -> list[str]:
    lists = {file.parent.as_posix(): (root / file).read_text(encoding="utf-8")
             for file in tree.files_below(root, "CMakeLists.txt")
             if file.parts[0] == "tests"}
    tests = [file.as_posix() for file in tree.cxx_files(root)
             if file.parts[0] == "tests" and file.name.endswith("_test.cc")]
    return [f"{test}:1: no CMakeLists.txt under tests/ builds this test"
            for test in tests
            if not any(builds(text, folder, test)
                       for folder, text in lists.items()
                       if test.startswith(folder + "/"))]


def pytest_folders(root: pathlib.Path) -> list[str]:
    """What PYTEST_FOLDERS in tests/run_tests.py holds."""
    module = ast.parse((root / "tests/run_tests.py").read_text("utf-8"))
    for node in module.body:
        if (isinstance(node, ast.Assign)
                and ast.unparse(node.targets[0]) == "PYTEST_FOLDERS"):
            return list(ast.literal_eval(node.value).values())
    raise ValueError("tests/run_tests.py has no PYTEST_FOLDERS")


def forgotten_python(root: pathlib.Path) -> list[str]:
    folders = [pathlib.PurePath(folder) for folder in pytest_folders(root)]
    return [f"{file}:1: no folder in PYTEST_FOLDERS of run_tests.py holds "
            "this test"
            for file in tree.files_below(root, "test_*.py")
            if not any(folder in file.parents for folder in folders)]


def check(root: pathlib.Path) -> list[str]:
    return forgotten_cxx(root) + forgotten_python(root)


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1]) if sys.argv[1:]
                  else tree.repository_root())
    print("\n".join(found) or "tests built: no fault")
    sys.exit(bool(found))
