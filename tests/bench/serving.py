"""Our server, as all parts of the benchmark start it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from sconce_support.server_process import ServerProcess
from workloads import Workload, learn_answers, write

# Batches of a model are checked before it is ready: resnet18 on a busy machine
# takes a minute.
_LOAD_SECONDS = 300


def server_flags(options: argparse.Namespace, lanes: int) -> list[str]:
    # One queue, whose one thread the echo has too: its cost per request depends
    # on how many threads share the work.
    flags = ["--grpc-queues", "1"]
    flags += ["--lanes", str(lanes)]
    flags += ["--optimize", options.optimize]
    return flags + list(options.server_flag)


def open_loop_lanes(options: argparse.Namespace) -> int:
    """One less than there are, for an open loop: where client, refusals and
    lanes fight for the same core, the kernel's scheduler is measured."""
    return max(1, int(options.lanes) - 1)


@contextmanager
def serving(
    options: argparse.Namespace, lanes: int, *workloads: Workload
) -> Iterator[ServerProcess]:
    """A server of the workloads' models, which has answered each once."""
    write(workloads)
    server = ServerProcess(
        [workloads[0].folder / "models"],
        *server_flags(options, lanes),
        binary=options.bin / "sconce-server",
        wait_until_ready=False,
    )
    with server:
        server.wait_ready(_LOAD_SECONDS)
        learn_answers(server.grpc_address, workloads)
        yield server
