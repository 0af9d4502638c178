"""Models that do not come back: one while it is loaded, one while it runs."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import numpy as np
import torch
from torch import Tensor, nn
from tritonclient.grpc import service_pb2_grpc

from sconce_support.inference import raw_request
from sconce_support.server_process import ServerProcess
from sconce_support.waiting import eventually

_SAMPLE = 20_000_000
_PATIENCE = 600.0
# Processor time that nothing but the operator can account for.
_BUSY_SECONDS = 0.3


class LongOperator(nn.Module):
    """One operator, in no memory: a norm over `n` times the same number."""

    def forward(self, n: int) -> Tensor:
        return torch.linalg.vector_norm(torch.ones(1).expand(n), 3.5)


class EndlessLoad(nn.Module):
    """Its __setstate__ runs while it is loaded, and does not return. Needs
    --allow-operator=__setstate__."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def forward(self, x: Tensor) -> Tensor:
        return x + self.count

    @torch.jit.export
    def __getstate__(self) -> tuple[int, bool]:
        return self.count, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[int, bool]) -> None:
        self.count = state[0]
        self.training = state[1]
        while self.count >= 0:
            self.count = (self.count + 1) % 1000


@contextmanager
def until_busy(server: ServerProcess, what: str) -> Iterator[None]:
    """After the body, which has something begin that does not return, waits
    until that runs. REQUIRES: an otherwise idle server."""
    before = server.cpu_seconds()
    yield
    eventually(lambda: server.cpu_seconds() - before > _BUSY_SECONDS, what)


@contextmanager
def long_request(
    server: ServerProcess, model: str, seconds: float
) -> Iterator[grpc.Future]:
    """Runs the body while an operator of `model`, a LongOperator, runs on an
    otherwise idle server. It is not waited for."""
    with grpc.insecure_channel(server.grpc_address) as channel:
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)

        def send(n: int) -> grpc.Future:
            request = raw_request(model, {"n": np.array([n])})
            return stub.ModelInfer.future(request, timeout=_PATIENCE)

        fastest = _PATIENCE
        for _ in range(3):
            begin = time.perf_counter()
            send(_SAMPLE).result()
            fastest = min(fastest, time.perf_counter() - begin)
        with until_busy(server, "the long operator to run"):
            answer = send(int(_SAMPLE * seconds / fastest))
        yield answer
        answer.cancel()
