#!/usr/bin/env python3
"""Our server beside others that anybody can install: `make bench-peers`.

The same archives, the same requests and the same client, in turns. Each peer
has a virtual environment of its own in the user's cache folder (peers/); one
that pip cannot get is left out with a word. CPU time is that of all processes
of a server. The figures have the shape of bench.py's.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT), str(_ROOT / "tests/support/python")]

import bench  # noqa: E402
import history  # noqa: E402
import page  # noqa: E402
import report  # noqa: E402
import scoreboard_models  # noqa: E402
from comparisons import Comparison, Ratio  # noqa: E402
from contenders import Contender, Load, RunFailed  # noqa: E402
from peers import mlserver, triton  # noqa: E402
from peers.environments import Unavailable  # noqa: E402
from peers.process import PeerProcess  # noqa: E402
from scenarios import Scenario  # noqa: E402
from scoreboard_models import BATCH  # noqa: E402
from serving import serving  # noqa: E402
from workloads import (  # noqa: E402
    Workload,
    learn_answers,
    resnet_image,
    write,
)

# What the recipe of an environment and one client is not enough for.
_OTHERS = {
    "torchserve": "it needs Java 17 and a handler for each model",
    "litserve": "it speaks REST and JSON only",
}
_PEERS = {triton.NAME: triton.process, mlserver.NAME: mlserver.process}
# Triton's CPU time over ours.
# How many times our CPU time per item Triton takes.
_CPU_GOALS = {"peers_mlp_32": 3.0, "peers_resnet18": 1.3}
_WARMUP = 200


def main(arguments: Sequence[str] | None = None) -> int:
    options = bench.options_of(arguments)
    for name, reason in _OTHERS.items():
        print(f"peers: {name} SKIPPED: {reason}")
    try:
        rows = report.machine_rows() + _measure(options)
    except RunFailed as failure:
        print(f"bench-peers: {failure}", file=sys.stderr)
        return 1
    out = options.out.with_name("peers.json")
    report.write(rows, out)
    run = history.Run.of(["bench-peers", *options.arguments], rows)
    page.write(run, [], out.with_suffix(".html"))
    print(f"\nfigures: {out}, {out.with_suffix('.html')}")
    return 0


def _measure(options: argparse.Namespace) -> list[report.Row]:
    rows = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        asked = _asked(options, folder)
        works = list({each.work.model: each.work for each in asked}.values())
        server = stack.enter_context(serving(options, options.lanes, *works))
        addresses: dict[str, tuple[str, tuple[int, ...], Path]] = {
            "server": (server.grpc_address, (server.pid,), folder)}
        for name in _PEERS:
            home = folder / name
            peer = _start(stack, name, works, home, options.lanes)
            if peer is not None:
                learn_answers(
                    peer.grpc_address, [replace(w, folder=home) for w in works]
                )
                addresses[name] = (peer.grpc_address, peer.pids, home)
        for each in asked:
            scenario = _scenario(options, each, addresses)
            windows = scenario.run(options.rounds)
            print(report.table(scenario, windows), flush=True)
            rows += report.rows(scenario, windows)
    return rows


@dataclass(frozen=True)
class _Asked:
    """A scenario that --only leaves."""

    name: str
    work: Workload
    outstanding: int
    time: int = 1  # windows of a small model


def _asked(options: argparse.Namespace, folder: Path) -> list[_Asked]:
    mlp = Workload("mlp_batched", (1, 32), folder)
    transformer = scoreboard_models.transformer(folder)
    many = 4 * BATCH * options.lanes
    every = [
        _Asked("peers_mlp_1", mlp, 1),
        _Asked("peers_mlp_8", mlp, 8),
        _Asked("peers_mlp_32", mlp, 32),
        _Asked("peers_transformer", transformer, many, 3),
        _Asked("peers_resnet18", resnet_image(folder), many, 3),
    ]
    return [each for each in every if options.only in each.name]


def _start(
    stack: ExitStack, name: str, works: list[Workload], home: Path, lanes: int
) -> PeerProcess | None:
    """The peer with the same archives, unless it cannot be had."""
    for work in works:
        model = f"models/{work.model}"
        shutil.copytree(work.folder / model, home / model)
    write(replace(work, folder=home) for work in works)
    try:
        return stack.enter_context(_PEERS[name](home, lanes))
    except Unavailable as reason:
        print(f"peers: {name} SKIPPED: {reason}", flush=True)
        return None


def _scenario(
    options: argparse.Namespace,
    asked: _Asked,
    addresses: dict[str, tuple[str, tuple[int, ...], Path]],
) -> Scenario:
    contenders: dict[str, Contender] = {
        label: Load(
            binaries=options.bin,
            address=address,
            pids=pids,
            workloads=(replace(asked.work, folder=folder),),
            echoes=False,
            outstanding=asked.outstanding,
            channels=min(4, asked.outstanding),
            warmup=max(_WARMUP // asked.time, 2 * asked.outstanding),
            seconds=asked.time * options.seconds,
        )
        for label, (address, pids, folder) in addresses.items()
    }
    ratios = tuple(_ratios(asked.name, contenders))
    return Scenario(asked.name, contenders, ratios)


def _ratios(
    name: str, contenders: dict[str, Contender]
) -> Iterator[Comparison]:
    for peer in list(contenders)[1:]:
        goal = _CPU_GOALS.get(name) if peer == triton.NAME else None
        yield Ratio("cpu", "server", peer, goal)
        yield Ratio("throughput", "server", peer)


if __name__ == "__main__":
    sys.exit(main())
