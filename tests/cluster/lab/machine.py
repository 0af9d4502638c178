"""Machine: a process with a network, mounts and process ids of its own."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import pidfile
from lab.layout import Layout
from sconce_support.waiting import eventually

_FIRST = Path(__file__).with_name("machine.sh")

Argument = str | Path


class Machine:
    """What runs on it ends with it, whatever became of us.

    Files are those of this computer, but for /run and what machine.sh names.
    """

    def __init__(self, name: str, layout: Layout) -> None:
        self.name = name
        self.layout = layout
        self.folder = layout.of(name)
        self._keeper = layout.pids / f"{name}.pid"
        self._first = layout.pids / f"{name}-first.pid"
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def pid(self) -> int:
        """Of its first process, as this computer counts."""
        first = pidfile.noted(self._first)
        assert first is not None, f"{self.name} is not running"
        return first

    @property
    def alive(self) -> bool:
        return pidfile.noted(self._first) is not None

    def start(self, *, outlive_us: bool) -> None:
        """Returns when processes can be started on it. With `outlive_us` it
        stays when this process dies; else the kernel takes care."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        tie = [] if outlive_us else ["setpriv", "--pdeathsig", "KILL"]
        keeper = self._popen(
            [*tie, "unshare", "--net", "--mount", "--uts", "--pid", "--ipc"]
            + ["--fork", "--kill-child=SIGKILL", "--mount-proc", _FIRST]
            + [self.name, self.folder, self.layout.resolv_conf, ready],
            self.layout.logs / f"{self.name}.log",
        )
        pidfile.note(self._keeper, keeper.pid)
        eventually(lambda: ready.exists() or keeper.poll() is not None,
                   f"the machine {self.name}")
        assert keeper.poll() is None, self.log_of(self.name)
        pidfile.note(self._first, pidfile.child_of(keeper.pid))

    def stop(self) -> None:
        """Its first process is gone only when all others are."""
        pidfile.kill(self._keeper)
        pidfile.kill(self._first)
        for child in self._children:
            child.wait()
        self._children.clear()

    def begin(
        self,
        name: str,
        command: Sequence[Argument],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """A program that runs as long as the machine."""
        log = self.layout.logs / f"{self.name}-{name}.log"
        child = self._popen(self.command(command), log, environment)
        pidfile.note(self.layout.pids / f"{self.name}-{name}.pid", child.pid)

    def command(self, command: Sequence[Argument]) -> list[Argument]:
        """The command line, from outside, of a command inside. It is a child
        of the process that this starts, and is killed when that is."""
        enter = ["nsenter", "--target", str(self.pid), "--net", "--mount"]
        enter += ["--uts", "--ipc", "--pid", "--"]
        return [*enter, "setpriv", "--pdeathsig", "KILL", *command]

    def run(
        self, *command: Argument, seconds: float = 60.0
    ) -> subprocess.CompletedProcess[str]:
        """Raises when it fails."""
        done = self.try_run(command, seconds=seconds)
        assert done.returncode == 0, (
            f"on {self.name}: {' '.join(map(str, command))}\n"
            f"exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
        return done

    def try_run(
        self,
        command: Sequence[Argument],
        seconds: float = 60.0,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(command), capture_output=True, text=True,
            timeout=seconds, stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
        )

    def log_of(self, name: str, lines: int = 15) -> str:
        """The end of a program's log."""
        path = self.layout.logs / f"{name}.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return f"{path}:\n" + "\n".join(text.splitlines()[-lines:])

    def _popen(
        self,
        command: Sequence[Argument],
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Not ended by the Ctrl-C that ends us; we do that in order.
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        self._children.append(child)
        return child
