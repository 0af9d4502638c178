#!/usr/bin/env python3
"""Runs every check of `make lint` and prints what each found.

    run_lint.py      exit status 1 when any check found a fault
"""

import importlib.util
import pathlib
import shutil
import subprocess
import sys

import check_layers
import check_sizes
import check_tests_built
import tree


TYPED = ("models/sconce", "client/python/sconce")


class Skipped(Exception):
    """A check that cannot run here; the text says why."""


def run_tool(root: pathlib.Path, command: list[str]) -> list[str]:
    """The tool's complaints, none when it succeeds."""
    result = subprocess.run(command, cwd=root, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if result.returncode == 0:
        return []
    return result.stdout.splitlines() or [f"{command[0]} failed silently"]


def check_format(root: pathlib.Path) -> list[str]:
    """Compares with .clang-format; `make format` puts it right."""
    tool = pathlib.Path(sys.executable).parent / "clang-format"
    files = [str(file) for file in tree.cxx_files(root)]
    if not files:
        return []
    if not tool.exists():
        raise Skipped("clang-format is in .venv only; use .venv/bin/python")
    faults = run_tool(root, [str(tool), "--dry-run", "-Werror", *files])
    return [line for line in faults if "error:" in line] or faults


def check_scripts(root: pathlib.Path) -> list[str]:
    tool = shutil.which("shellcheck")
    if tool is None:
        raise Skipped("shellcheck is not installed; "
                      "deploy/toolchain/bootstrap.sh lint installs it")
    scripts = [str(file) for file in
               tree.files_below(root, "*.sh") + tree.files_below(root, "run")
               if (root / file).is_file()]
    return run_tool(root, [tool, "--format=gcc", *scripts]) if scripts else []


def check_types(root: pathlib.Path) -> list[str]:
    """mypy on the packages that we install; models/pyproject.toml has its
    settings. Half a minute the first time, seconds afterwards."""
    if importlib.util.find_spec("mypy") is None:
        raise Skipped("mypy is in .venv only; use .venv/bin/python")
    folders = [folder for folder in TYPED if (root / folder).is_dir()]
    faults = run_tool(root, [sys.executable, "-m", "mypy", "--config-file",
                             "models/pyproject.toml", *folders])
    return [line for line in faults if "error:" in line] or faults


CHECKS = {
    "layers": check_layers.check,
    "sizes": check_sizes.check,
    "tests-built": check_tests_built.check,
    "format": check_format,
    "scripts": check_scripts,
    "types": check_types,
}


def main() -> int:
    root, failed = tree.repository_root(), False
    for warning in check_sizes.warnings(root):
        print("warning:", warning)
    for name, check in CHECKS.items():
        try:
            faults = check(root)
        except Skipped as reason:
            print(f"lint {name}: SKIPPED: {reason}")
            continue
        print("\n".join(faults + [f"lint {name}: {len(faults)} faults"]))
        failed = failed or bool(faults)
    if failed:
        print("`make format` mends the format; CONTRIBUTING.md has the rest.")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
