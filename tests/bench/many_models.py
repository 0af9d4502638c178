"""What a thousand small models cost: to load them, and to list them.

Each is loaded as any other, with a test process of its own, and again without
(--model-probe=false), which is what the registry and LibTorch alone take.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import grpc
import report
import torch
from contenders import RunFailed
from sconce_support.server_process import ServerProcess
from torch import nn
from tritonclient.grpc import service_pb2, service_pb2_grpc

NAME = "many_models"

_MODELS = 1000
_MOST_SECONDS = 600.0
_LOAD_GOAL_SECONDS = 60.0
_INDEX_CALLS = 50
_INDEX_GOAL_MS = 10.0


def measure(options: argparse.Namespace) -> list[report.Row]:
    made = []
    with tempfile.TemporaryDirectory() as name:
        repository = Path(name)
        _write_models(repository)
        for scenario, flags in (
            (NAME, []),
            (f"{NAME}_no_probe", ["--model-probe=false"]),
        ):
            made += _measure(options, repository, scenario, flags)
    return made


def _write_models(repository: Path) -> None:
    """One archive under a thousand names."""
    torch.manual_seed(0)
    perceptron = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
    archive = repository / ".mlp.pt"
    traced = torch.jit.trace(perceptron.eval(), torch.ones(1, 16))
    torch.jit.save(traced, archive)
    for number in range(_MODELS):
        folder = repository / f"mlp_{number:04}" / "1"
        folder.mkdir(parents=True)
        os.link(archive, folder / "model.pt")


def _measure(
    options: argparse.Namespace,
    repository: Path,
    scenario: str,
    flags: Sequence[str],
) -> list[report.Row]:
    begin = time.perf_counter()
    with (
        ServerProcess(
            [repository],
            *flags,
            *options.server_flag,
            binary=options.bin / "sconce-server",
            wait_until_ready=False,
        ) as server,
        grpc.insecure_channel(server.grpc_address) as channel,
    ):
        server.wait_ready(_MOST_SECONDS)
        seconds = time.perf_counter() - begin
        stub = service_pb2_grpc.GRPCInferenceServiceStub(channel)
        listed = list(_index_times_ms(stub))
    print(f"\n{scenario}")
    made = []
    for metric, unit, values, goal in (
        ("load", "s", [seconds], _LOAD_GOAL_SECONDS),
        ("index", "ms", listed, _INDEX_GOAL_MS),
    ):
        print(report.line(metric, values, goal, at_most=True), flush=True)
        made += report.spread(
            scenario, metric, values, unit, goal, at_most=True)
    return made


def _index_times_ms(
    stub: service_pb2_grpc.GRPCInferenceServiceStub,
) -> Iterator[float]:
    for _ in range(_INDEX_CALLS):
        begin = time.perf_counter()
        answer = stub.RepositoryIndex(
            service_pb2.RepositoryIndexRequest(), timeout=20
        )
        yield (time.perf_counter() - begin) * 1e3
        if sum(m.state == "READY" for m in answer.models) != _MODELS:
            raise RunFailed(f"not all of {_MODELS} models are ready")
