"""A client that tries again, as client/python does unless told otherwise.

    python patient.py ADDRESS       asks until its standard input ends; then
                                    prints what became of the requests as JSON
"""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from release import Release

PER_SECOND = 25.0
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Outcome:
    asked: int
    failed: int
    errors: dict[str, int]


class Patient:
    """The program, from outside. It says a line for each answer."""

    outcome: Outcome

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def wait_answers(self, more: int) -> None:
        assert self._process.stdout is not None
        for _ in range(more):
            line = self._process.stdout.readline()
            assert line == "answered\n", line

    def end(self) -> None:
        said, errors = self._process.communicate(timeout=_PATIENCE_SECONDS)
        assert self._process.returncode == 0, errors
        report = json.loads(said.splitlines()[-1])
        self.outcome = Outcome(**report)


@contextmanager
def client(release: "Release") -> Iterator[Patient]:
    """Runs meanwhile, on a machine of the cluster."""
    machine = release.space.cluster.nodes[0].machine
    process = subprocess.Popen(
        machine.command([sys.executable, __file__, release.headless]),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )
    patient = Patient(process)
    try:
        yield patient
        patient.end()
    finally:
        process.kill()
        process.wait()


class _Asking:
    def __init__(self, model: Any) -> None:
        self._model = model
        self._x = np.ones((1, 4), dtype=np.float32)
        self._under_way: set[asyncio.Task[None]] = set()
        self.asked = 0
        self.errors: Counter[str] = Counter()

    async def until(self, ended: asyncio.Future[Any]) -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while not ended.done():
            self.asked += 1
            task = asyncio.create_task(self._ask())
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            due += 1 / PER_SECOND
            await asyncio.wait([ended], timeout=max(0.0, due - clock()))
        await asyncio.gather(*self._under_way)

    async def _ask(self) -> None:
        from sconce.client.errors import Error

        try:
            await self._model(self._x)
            print("answered", flush=True)
        except Error as error:
            self.errors[str(error)] += 1


async def main(address: str) -> None:
    from sconce.client.async_client import AsyncClient

    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    async with AsyncClient(address) as connection:
        asking = _Asking(connection.model("times"))
        await asking.until(ended)
    report = {"asked": asking.asked, "failed": sum(asking.errors.values()),
              "errors": dict(asking.errors)}
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
