"""Occupies the only lane of a server, so that other requests have to wait.

With the lane taken, a test decides what stands in the queue and when it moves:
batches and refusals become exact figures instead of matters of luck.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import numpy as np
from tritonclient.grpc import service_pb2, service_pb2_grpc

from sconce_support.admin import Scrape
from sconce_support.inference import raw_request
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

# Flags that make one request fill the server.
ONE_LANE = ("--lanes", "1")

# About two seconds of one core: far longer than the few calls that a test
# makes meanwhile, even on a machine that has other things to do.
LONG_STEPS = 24_000

# Of a model's batches of one size, by which the server judges the next.
_REMEMBERED_RUNS = 32

# Processor time that nothing but the `slow` model can account for.
_BUSY_SECONDS = 0.05


def slow_request(steps: int) -> service_pb2.ModelInferRequest:
    """A request that keeps a lane for a time in proportion to `steps`."""
    return raw_request("slow", {"steps": np.array([steps], dtype=np.int64)})


def occupy_lane(
    server: ServerProcess, channel: grpc.Channel, steps: int
) -> grpc.Future:
    """Sends a slow request to an idle server; returns when it is running.

    The server needs the zoo's `slow` model. Hold on to what is returned:
    gRPC cancels a call that nobody refers to.
    """
    stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
    before = server.cpu_seconds()
    holder = stub.ModelInfer.future(slow_request(steps), timeout=60)
    eventually(
        lambda: server.cpu_seconds() - before > _BUSY_SECONDS,
        "the slow model to run",
    )
    return holder


def seem_fast(channel: grpc.Channel) -> None:
    """Sends short requests until the server expects no long ones, and admits
    what comes behind one as if it ended soon."""
    stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
    for _ in range(_REMEMBERED_RUNS):
        stub.ModelInfer(slow_request(1), timeout=60)


def seem_slow(channel: grpc.Channel) -> None:
    """The opposite, on a server that has answered nothing yet."""
    stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
    for _ in range(6):
        stub.ModelInfer(slow_request(LONG_STEPS // 4), timeout=60)


@contextmanager
def busy_lane(server: ServerProcess, channel: grpc.Channel) -> Iterator[None]:
    """Runs the body while a lane of an idle server is occupied.

    It is the only lane if the server has the flags ONE_LANE. Leaving the body
    waits for the lane to come free and checks the slow model's answer.
    """
    holder = occupy_lane(server, channel, LONG_STEPS)
    yield
    assert not holder.done(), "the lane came free before the test was ready"
    holder.result()


def wait_queued(server: ServerProcess, model: str, count: int) -> None:
    """Waits until exactly `count` requests wait for this model's turn."""
    eventually(
        lambda: queued(server, model) == count,
        f"{count} requests in the queue of {model}",
    )


def queued(server: ServerProcess, model: str) -> float:
    scrape = Scrape(server.http_address)
    return scrape.value("sconce_queued_requests", model=model)
