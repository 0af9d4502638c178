"""A sconce-load for tests of what is around it: a script that does what its
environment says."""

import json
import os
import sys
from pathlib import Path
from typing import Any

_SCRIPT = """#!{python}
import json, os, signal, sys
wait = os.environ.get("FAKE_WAIT")
if wait:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
with open(os.environ["FAKE_LOG"], "w") as log:
    json.dump({{"arguments": sys.argv[1:], "stdin": sys.stdin.read(),
               "own group": os.getpgrp() == os.getpid()}}, log)
print("progress", file=sys.stderr, flush=True)
if wait:
    print("caught", signal.sigwait([signal.SIGINT, signal.SIGTERM]).name,
          file=sys.stderr, flush=True)
report = os.environ.get("FAKE_REPORT")
if report and "--output" in sys.argv:
    with open(report) as source:
        text = source.read()
    with open(sys.argv[sys.argv.index("--output") + 1], "w") as file:
        file.write(text)
print("{{}}" if "--json" in sys.argv else "the text")
if os.environ.get("FAKE_SIGNAL"):
    os.kill(os.getpid(), int(os.environ["FAKE_SIGNAL"]))
sys.exit(int(os.environ.get("FAKE_CODE", "0")))
"""


class FakeLoad:
    """Lies in `folder` as sconce-load; `environment` is to be its."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.path = folder / "sconce-load"
        self.path.write_text(_SCRIPT.format(python=sys.executable))
        self.path.chmod(0o755)
        self._log = folder / "fake_load.json"
        self.environment = {"SCONCE_LOAD": str(self.path),
                            "FAKE_LOG": str(self._log), **environment}

    def reports(self, report: Any, folder: Path) -> None:
        """From now on writes this with --output."""
        source = folder / "fake_report.json"
        source.write_text(json.dumps(report))
        self.environment["FAKE_REPORT"] = os.fspath(source)

    @property
    def has_run(self) -> bool:
        return self._log.exists()

    def told(self) -> dict[str, Any]:
        return json.loads(self._log.read_text())
