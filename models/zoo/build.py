"""Brings a folder up to date with the zoo."""

import fcntl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sconce.export import ExportError
from sconce.export.progress import Progress

from models.zoo import ZOO
from models.zoo.fingerprint import fingerprint
from models.zoo.record import FOLDER, Record, recorded_names
from models.zoo.repository import write_model


@dataclass(frozen=True)
class Outcome:
    """What became of one model: a record, or an error in its place."""

    name: str
    record: Record | None
    was_current: bool = False
    error: str = ""


class Watcher(Progress, Protocol):
    """Told which model is next, and of the steps of its export."""

    def begin(self, name: str) -> None: ...


def build(
    names: Iterable[str], folder: Path, watcher: Watcher
) -> list[Outcome]:
    """Writes what is missing or out of date.

    Safe to call from several processes at once: they take turns. An export
    that fails, or lacks a package, is an outcome too; OSError is raised.
    """
    folder.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with _turn(folder):
        _remove_forgotten(folder)
        for name in names:
            watcher.begin(name)
            outcomes.append(_outcome(name, folder, watcher))
    return outcomes


def _outcome(name: str, folder: Path, progress: Progress) -> Outcome:
    current = fingerprint(ZOO[name])
    record = Record.read(folder, name)
    if record and record.is_current(folder, current):
        return Outcome(name, record, was_current=True)
    try:
        return Outcome(name, _write(name, folder, current, progress))
    except (ExportError, ModuleNotFoundError) as error:
        return Outcome(name, None, error=str(error))


def _write(
    name: str, folder: Path, current: str, progress: Progress
) -> Record:
    started = time.process_time()
    archive = write_model(ZOO[name](), folder, progress=progress)
    record = Record(
        name=name,
        fingerprint=current,
        archive=str(archive.relative_to(folder)),
        bytes=archive.stat().st_size,
        cpu_seconds=time.process_time() - started,
    )
    former = Record.read(folder, name)
    if former and former.archive != record.archive:
        former.remove(folder)
    record.write(folder)
    return record


def _remove_forgotten(folder: Path) -> None:
    """A model that left the zoo leaves the repository too."""
    for name in recorded_names(folder):
        record = Record.read(folder, name)
        if record and name not in ZOO:
            record.remove(folder)


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    (folder / FOLDER).mkdir(exist_ok=True)
    with open(folder / FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
