"""The threads of the server: the table in server/doc/threads.md, counted."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from tritonclient.grpc import InferenceServerClient

from sconce_support.inference import infer_inputs
from sconce_support.model_cache import MakeRepository
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

LOAD_THREADS = 2
# gRPC's own, as the kernel cuts their names. It starts and ends them as it
# sees fit, by the processors of the machine.
GRPC = {
    "default-executo",
    "event_engine",
    "grpc_global_tim",
    "resolver-execut",
    "timer_manager",
}
# The alarm clocks of both pools start with the first deadline.
AT_FIRST_DEADLINE = Counter({"alarm": 1})


def names_now(process: ServerProcess) -> Counter[str]:
    """Without those of gRPC's own threads that end meanwhile."""
    names: Counter[str] = Counter()
    for task in Path(f"/proc/{process.pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):
            names[(task / "comm").read_text().strip()] += 1
    return names


def threads(process: ServerProcess) -> Counter[str]:
    """When none has the process's name but the first: gRPC's threads name
    themselves, which is the first that they do."""
    names: Counter[str] = Counter()

    def all_named() -> bool:
        nonlocal names
        names = names_now(process)
        return names["sconce-server"] == 1

    try:
        eventually(all_named, "all threads to have names")
    except TimeoutError:
        pytest.fail(f"one of these has no name: {dict(names)}")
    return names


def expected(
    lanes: int,
    queues: int,
    management: bool = True,
    load_threads: int = LOAD_THREADS,
) -> Counter[str]:
    """server/doc/threads.md, with one thread for each lane."""
    table = Counter(
        {
            "sconce-server": 1,
            "lane-watch": 1,
            "load-lane-watch": 1,
            "grpc-accept": 1,
            "control": 1,
            "inspect": 1,
            "unload": 1,
            "admin": 33,
        }
    )
    table += Counter(f"lane-{i}" for i in range(lanes))
    table += Counter(f"grpc-{i}-0" for i in range(queues))
    for i in range(load_threads):
        table += Counter([f"load-{i}", f"load-lane-{i}"])
    if management:
        table += Counter(f"manage-{i}-{j}" for i in (0, 1) for j in (0, 1))
        table += Counter(["manage-accept"])
    return table


def ours(process: ServerProcess) -> Counter[str]:
    found = threads(process)
    grpcs = sum(found.pop(name, 0) for name in GRPC)
    assert grpcs <= 6 * (os.cpu_count() or 1) + 8
    return found


@pytest.mark.parametrize("lanes, queues", [(1, 1), (3, 2)])
def test_an_idle_server_has_the_threads_of_the_table(
    repository: MakeRepository, lanes: int, queues: int
) -> None:
    flags = ["--lanes", str(lanes), "--grpc-queues", str(queues)]
    flags += ["--load-threads", str(LOAD_THREADS)]
    with ServerProcess([repository("identity")], *flags) as process:
        assert ours(process) == expected(lanes, queues)


@pytest.fixture
def one_processor() -> Iterator[None]:
    """What is started meanwhile may use one, as in a cpuset of one."""
    usable = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(usable)})
    yield
    os.sched_setaffinity(0, usable)


@pytest.mark.usefixtures("one_processor")
def test_the_budget_is_of_the_processors_that_may_be_used(
    repository: MakeRepository,
) -> None:
    with ServerProcess([repository("identity")]) as process:
        assert ours(process) == expected(1, 1, load_threads=1)


def test_load_starts_no_threads(repository: MakeRepository) -> None:
    flags = ["--lanes", "2", "--grpc-queues", "1"]
    flags += ["--load-threads", str(LOAD_THREADS)]
    with ServerProcess([repository("identity")], *flags) as process:
        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(lambda _: ask(process), range(64)))
        for counted in seen:
            assert counted == expected(2, 1) + AT_FIRST_DEADLINE


def ask(process: ServerProcess) -> Counter[str]:
    """The threads after one request over a connection of its own."""
    inputs = {"x": np.ones((1, 1000), dtype=np.float32)}
    with InferenceServerClient(process.grpc_address) as client:
        client.infer("identity", infer_inputs(inputs), client_timeout=60)
    return ours(process)
