"""Where the command `sconce` begins, before anything that it needs."""

from __future__ import annotations

import importlib.util
import os
import sys

NEEDED = ("click", "rich")


def main() -> None:
    """Runs the command. Exits with 1 and a line where the packages that it
    needs, and the library does not, are not installed; with 130 and without
    a word after a Ctrl-C."""
    try:
        _run()
    except KeyboardInterrupt:
        sys.exit(130)


def _run() -> None:
    lacking = [name for name in NEEDED if not importlib.util.find_spec(name)]
    if lacking:
        sys.exit(
            f"Error: the command needs {' and '.join(lacking)}; install them "
            "with: pip install 'sconce[cli]'"
        )
    # gRPC writes about handshakes to standard error; errors tell enough.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from sconce.cli.main import main as run

    run()
