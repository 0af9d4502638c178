#!/usr/bin/env python3
"""Checks the budgets of length, and what every header begins and ends with.

A file or function may exceed its budget by half, with a warning: past that it
is two ideas and has to be split.

    check_sizes.py [ROOT]      exit status 1 when there is a fault
"""

import ast
import pathlib
import re
import sys

import cxx_functions
import tree

HEADER, SOURCE, TEST, FUNCTION = 250, 400, 600, 60
TOLERANCE = 1.5


def file_budget(file: pathlib.Path) -> int:
    if file.parts[0] == "tests":
        return TEST
    return HEADER if file.suffix == ".h" else SOURCE


def python_functions(source: str) -> list[cxx_functions.Function]:
    return [cxx_functions.Function(node.name, node.lineno,
                                   node.end_lineno - node.lineno + 1)
            for node in ast.walk(ast.parse(source))
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]


def lengths(file: pathlib.Path, source: str):
    """(line, what, length, budget) of the file and of each function in it."""
    yield 1, "file", source.count("\n"), file_budget(file)
    functions = (python_functions if file.suffix == ".py" else
                 cxx_functions.functions)
    for function in functions(source):
        yield function.line, function.name, function.lines, FUNCTION


def guard_of(file: pathlib.Path) -> str:
    return re.sub(r"[^A-Z0-9]", "_", file.as_posix().upper()) + "_"


def header_faults(file: pathlib.Path, source: str) -> list[str]:
    guard, faults = guard_of(file), []
    if not source.startswith("// "):
        faults.append(f"{file}:1: no comment at the top says what it is for")
    if f"\n#ifndef {guard}\n#define {guard}\n" not in source:
        faults.append(f"{file}:1: the include guard is not {guard}")
    elif not source.endswith(f"#endif  // {guard}\n"):
        faults.append(f"{file}:1: the last line is not '#endif  // {guard}'")
    return faults


def measured_files(root: pathlib.Path) -> list[pathlib.Path]:
    return tree.cxx_files(root) + tree.files_below(root, "*.py")


def over_budget(root: pathlib.Path, tolerance: float) -> list[str]:
    found = []
    for file in measured_files(root):
        source = (root / file).read_text(encoding="utf-8")
        for line, what, length, budget in lengths(file, source):
            if length > budget * tolerance:
                found.append(f"{file}:{line}: {what} has {length} lines, "
                             f"the budget is {budget}")
    return found


def check(root: pathlib.Path) -> list[str]:
    faults = over_budget(root, TOLERANCE)
    for file in tree.cxx_files(root):
        if file.suffix == ".h":
            source = (root / file).read_text(encoding="utf-8")
            faults += header_faults(file, source)
    return faults


def warnings(root: pathlib.Path) -> list[str]:
    """What is over its budget but not yet a fault."""
    faults = over_budget(root, TOLERANCE)
    return [each for each in over_budget(root, 1) if each not in faults]


if __name__ == "__main__":
    where = (pathlib.Path(sys.argv[1]) if sys.argv[1:]
             else tree.repository_root())
    for warning in warnings(where):
        print("warning:", warning)
    found = check(where)
    print("\n".join(found) or "sizes: no fault")
    sys.exit(bool(found))
